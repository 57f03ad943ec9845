"""Users, people and failed sign-ins, for staff."""

from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from playground.accounts.admin_site import MadeBySite
from playground.accounts.leaving import person_delete, user_delete
from playground.accounts.models import Person, User

# allauth brings pages for addresses, which are with their user here.
for model in (EmailAddress, EmailConfirmation, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class _WithEverything(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who is deleted goes with all of theirs, which is too much to be listed."""

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        named = [f"{one}, and everything of theirs" for one in objs]
        return named, {str(self.opts.verbose_name_plural): len(named)}, set(), []


@admin.register(User)
class SiteUserAdmin(_WithEverything, UserAdmin):  # type: ignore[type-arg]
    list_display = ("username", "email", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "date_joined")
    search_fields = ("username", "email")
    date_hierarchy = "date_joined"
    ordering = ("-date_joined",)
    list_per_page = 50

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        user_delete(user=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            user_delete(user=user)


class KindFilter(admin.SimpleListFilter):
    """Guests or users."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("guest", "Guests"), ("user", "Users")]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("guest", "user"):
            return queryset.filter(user__isnull=self.value() == "guest")
        return queryset


@admin.register(Person)
class PersonAdmin(_WithEverything):
    list_display = ("__str__", "user", "runs", "created_at")
    list_filter = (KindFilter, "created_at")
    list_select_related = ("user",)
    search_fields = ("=id", "user__username")
    search_help_text = "A whole id, or a part of a user's name."
    date_hierarchy = "created_at"
    readonly_fields = ("id", "user", "created_at")
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        people: QuerySet[Person] = super().get_queryset(request)
        return people.annotate(run_count=Count("runs"))

    @admin.display(ordering="run_count")
    def runs(self, person: Any) -> int:
        return int(person.run_count)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Person) -> None:
        person_delete(person=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Person]) -> None:
        for person in queryset.select_related("user"):
            person_delete(person=person)


class LockedFilter(admin.SimpleListFilter):
    """Whether the count is at the limit."""

    title = "locked"
    parameter_name = "locked"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        limit = settings.LIMIT_SIGN_IN_FAILURES
        match self.value():
            case "yes":
                return queryset.filter(failures_since_start__gte=limit)
            case "no":
                return queryset.filter(failures_since_start__lt=limit)
        return queryset


@admin.register(AccessAttempt)
class AccessAttemptAdmin(MadeBySite, admin.ModelAdmin):  # type: ignore[type-arg]
    """Deleting a row lifts its lock. Addresses are keyed hashes in the form of an address."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time", "user_agent")
    list_filter = (LockedFilter, "attempt_time")
    search_fields = ("username", "ip_address")
    date_hierarchy = "attempt_time"
    fields = ("username", "ip_address", "failures_since_start", "attempt_time", "user_agent")
    readonly_fields = fields
    list_per_page = 50
