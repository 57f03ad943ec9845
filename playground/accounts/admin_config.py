from django.contrib.admin.apps import AdminConfig


class SiteAdminConfig(AdminConfig):
    """Django's admin with this project's way in."""

    default_site = "playground.accounts.admin_site.SiteAdmin"
