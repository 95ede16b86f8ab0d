#!/usr/bin/env python3
"""Runs Django's own migrations, its ORM and inspectdb against a running server.

Exit codes: 0 everything as expected, 1 something was not, 77 a package is not installed.
"""
import argparse
import contextlib
import io
import sys
import traceback

try:
    import django
    from django.conf import settings
except ImportError as missing:
    print("%s" % missing, file=sys.stderr)
    sys.exit(77)

APPLICATIONS = ["admin", "auth", "contenttypes", "sessions", "messages"]


def check(value, expected, what):
    if value != expected:
        raise AssertionError("%s: %r instead of %r" % (what, value, expected))


def use(driver):
    """Django's own driver is mysqlclient; PyMySQL can stand in its place."""
    try:
        if driver == "pymysql":
            import pymysql

            pymysql.install_as_MySQLdb()
            pymysql.version_info = (2, 2, 1, "final", 0)
        import MySQLdb
    except ImportError as missing:
        print("%s" % missing, file=sys.stderr)
        sys.exit(77)
    return MySQLdb


def configure(host, port, driver):
    """Django in a fresh database."""
    with contextlib.closing(driver.connect(host=host, port=port, user="root")) as connection:
        with connection.cursor() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS django")
            cursor.execute("CREATE DATABASE django CHARACTER SET utf8mb4")
    database = {
        "ENGINE": "django.db.backends.mysql", "NAME": "django", "HOST": host, "PORT": port,
        "USER": "root", "PASSWORD": "",
    }
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["django.contrib." + name for name in APPLICATIONS],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()


def migrations():
    """migrate from nothing, then again with nothing to do."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0, skip_checks=True)
    output = io.StringIO()
    call_command("migrate", stdout=output, skip_checks=True)
    check("No migrations to apply" in output.getvalue(), True, "second migrate")
    tables = connection.introspection.table_names()
    check("auth_user" in tables and "django_session" in tables, True, "tables")


def inspection():
    """What inspectdb and the constraint introspection read back."""
    from django.core.management import call_command
    from django.db import connection

    output = io.StringIO()
    call_command("inspectdb", "auth_permission", "auth_user", stdout=output)
    text = output.getvalue()
    for part in (
        "class AuthPermission", "models.ForeignKey('DjangoContentType'",
        "unique_together = (('content_type', 'codename'),)", "username = models.CharField(",
    ):
        check(part in text, True, part)
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "auth_permission")
        keys = [c for c in found.values() if c["foreign_key"]]
        check([c["foreign_key"] for c in keys], [("django_content_type", "id")], "foreign keys")
        check([c["columns"] for c in found.values() if c["primary_key"]], [["id"]], "primary key")


def rows():
    """Create, read, update, delete; joins, aggregates, transactions and savepoints."""
    from django.contrib.auth.models import Group, Permission, User
    from django.db import IntegrityError, transaction
    from django.db.models import Count, F, Q

    ann = User.objects.create_user("ann", "ann@example.com", "secret", first_name="Änn 🚀")
    User.objects.bulk_create([User(username="user%d" % i) for i in range(20)])
    group, created = Group.objects.get_or_create(name="editors")
    check((created, group.pk is not None), (True, True), "get_or_create")
    group.permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    ann.groups.add(group)
    check(User.objects.get(pk=ann.pk).first_name, "Änn 🚀", "text")
    check(User.objects.filter(groups__name="editors").count(), 1, "join")
    check(ann.has_perm("auth.add_user"), True, "rights")
    check(User.objects.filter(Q(username__startswith="user1") & ~Q(email="x")).count(), 11, "LIKE")
    check(User.objects.filter(username__in=["ann", "user3"]).order_by("-id")[0].username,
          "user3", "IN")
    counted = Group.objects.annotate(n=Count("permissions")).values_list("name", "n")
    check(list(counted), [("editors", 12)], "aggregate")
    check(User.objects.filter(is_active=True).update(last_name=F("username")), 21, "update")
    try:
        with transaction.atomic():
            User.objects.create(username="gone")
            try:
                with transaction.atomic():
                    User.objects.create(username="ann")
            except IntegrityError:
                pass
            check(User.objects.filter(username="gone").exists(), True, "after the savepoint")
            raise KeyError
    except KeyError:
        check(User.objects.filter(username="gone").exists(), False, "after the roll-back")
    with transaction.atomic():
        check(User.objects.select_for_update().get(username="ann").pk, ann.pk, "FOR UPDATE")
    check(User.objects.dates("date_joined", "year").count(), 1, "dates")
    check(ann.delete()[0] >= 2, True, "delete with what refers to it")
    User.objects.all().delete()
    check(User.objects.count(), 0, "empty")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3307)
    parser.add_argument("--driver", choices=("pymysql", "mysqldb"), default="pymysql")
    arguments = parser.parse_args()
    configure(arguments.host, arguments.port, use(arguments.driver))
    for step in (migrations, inspection, rows):
        step()
        print(step.__name__, flush=True)


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # whatever Django raises is a wrong answer of the server
        traceback.print_exc()
        print("django_session: %s" % error, file=sys.stderr)
        sys.exit(1)
