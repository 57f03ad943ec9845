"""The live channel: pages follow topics.

- tokenlog: what each run has generated so far, in Redis
- topics: kinds of topics, as apps register them
- channels: the shards that lines go to
- hub: hands lines to followers
- subscription: one subscription a process
- following: a follower that catches up
- feed: the frames of one reader, without a socket
- outbox: what is pending for a reader
- messages: the protocol
- consumers: the page's socket
- origins: whose pages may open it
- watching: whether the session still holds
- apps: registers the app
"""
