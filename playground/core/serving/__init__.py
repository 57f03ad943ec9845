"""What is around every view: bodies in, answers out.

- bodies: how much of a body a view reads
- body_guard: reads bodies, bounded and in time
- http_protocol: an end for slow connections
- compression: answers in gzip
- streaming: long answers
- middleware: errors in one shape, no caches, HTMX
- handler: Django's handler with threads that are kept
- policy: what a browser may load and run
- prefix: a site under a path
- static_files: built files
- responses: how an error is answered
- views: answers to what no view handles
"""
