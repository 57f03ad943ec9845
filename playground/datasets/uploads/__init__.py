"""Files on their way here, by the tus protocol 1.0 or as a plain form.

- protocol: the headers of tus
- parts: uploads made, continued, finished and swept
- intake: a file that comes whole
- views: their addresses' answers
"""
