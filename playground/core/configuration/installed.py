"""What the site is made of: Django's apps and middleware, each in its order. None of it is set."""

INSTALLED_APPS = [
    "playground.accounts.admin_config.SiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "axes",
    "channels",
    "csp",
    "django_htmx",
    "django_structlog",
    "template_partials",
    "playground",
    "playground.core",
    "playground.accounts",
    "playground.live",
    "playground.checkpoints",
    "playground.runs",
    "playground.scores",
    # A person who leaves starts no more rows while their runs are stopped.
    "playground.batches",
    # Before the rooms below it: what people keep is named in this order.
    "playground.history",
    "playground.prompts",
    "playground.library",
    "playground.sharing",
    "playground.workbench",
    "playground.datasets",
    "playground.finetunes",
    "playground.status",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    # Around all that makes pages, errors too; built files go out above it.
    "playground.core.serving.middleware.PrivateMiddleware",
    # Pages; static files lie compressed on the disk. Lengths tell nothing: it adds some at random.
    "playground.core.serving.compression.CompressionMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "playground.core.serving.middleware.HtmxMiddleware",
    "playground.accounts.middleware.PersonMiddleware",
    # Before any view: who may not be here is sent to sign in.
    "playground.accounts.authentication.gate.GateMiddleware",
    "playground.core.serving.middleware.ErrorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]
