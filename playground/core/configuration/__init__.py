"""Settings as operators write them, read strictly.

- environment: the reader
- dotenv_file: the file .env
- arguments: a command in one setting
- folders: what a path must be
- hosts: names and addresses of the site
- service_url: addresses of servers, with passwords
- database_url: the database
- redis_url: Redis
- mail_url: the mail server, and who its messages are from
- price: an amount of a currency
- installed: the site's apps and middleware
- place: where the installation lies
- private: who else may read what is written
- secret_file: the installation's secret
- checks: settings that can hardly be meant
- log_configuration: how the log is written
- logs: what the log says of an error
"""
