"""Commands for operators, and what they are made of.

- supervisor: restarts what dies
- launch: everything in one command
- parts: its parts
- readiness: when it is ready
- listener: the site's socket
- own_site: asks the site itself
- examination: the doctor's questions
- installation: what an installation must have
- findings: what it says
"""
