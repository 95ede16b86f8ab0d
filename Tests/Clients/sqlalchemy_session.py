#!/usr/bin/env python3
"""Lets SQLAlchemy (over a driver) make, reflect, fill, query and drop tables on a running server.

Exit codes: 0 everything as expected, 1 something was not, 77 a package is not installed.
"""
import argparse
import datetime
import decimal
import sys

try:
    import sqlalchemy as sa
    from sqlalchemy import orm
except ImportError as missing:
    print("%s" % missing, file=sys.stderr)
    sys.exit(77)


class Base(orm.DeclarativeBase):
    """All tables of the test."""


class Author(Base):
    """One side of a relation, with a column of each common type."""

    __tablename__ = "author"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(40), unique=True)
    born: orm.Mapped[datetime.date | None]
    active: orm.Mapped[bool] = orm.mapped_column(default=True)
    worth: orm.Mapped[decimal.Decimal | None] = orm.mapped_column(sa.Numeric(10, 2))
    about: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    books: orm.Mapped[list["Book"]] = orm.relationship(back_populates="author")


class Book(Base):
    """The other side."""

    __tablename__ = "book"
    id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, primary_key=True)
    title: orm.Mapped[str] = orm.mapped_column(sa.String(80), index=True)
    seen: orm.Mapped[datetime.datetime | None]
    score: orm.Mapped[float | None]
    facts: orm.Mapped[dict | None] = orm.mapped_column(sa.JSON)
    author_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("author.id"))
    author: orm.Mapped[Author] = orm.relationship(back_populates="books")


def check(value, expected, what):
    if value != expected:
        raise AssertionError("%s: %r instead of %r" % (what, value, expected))


def creation(engine):
    """create_all, twice: the second time everything is there."""
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    Base.metadata.create_all(engine)


def reflection(engine):
    """What the inspector reads back is what was declared."""
    inspector = sa.inspect(engine)
    check(sorted(inspector.get_table_names()), ["author", "book"], "tables")
    check(inspector.has_table("nothing"), False, "a table that is not there")
    check(inspector.get_pk_constraint("book")["constrained_columns"], ["id"], "primary key")
    (key,) = inspector.get_foreign_keys("book")
    check(
        (key["constrained_columns"], key["referred_table"], key["referred_columns"]),
        (["author_id"], "author", ["id"]),
        "foreign key",
    )
    names = {index["name"]: index["column_names"] for index in inspector.get_indexes("book")}
    check(names.get("ix_book_title"), ["title"], "index")
    (unique,) = inspector.get_unique_constraints("author")
    check(unique["column_names"], ["name"], "unique key")
    columns = {column["name"]: column for column in inspector.get_columns("author")}
    check(isinstance(columns["worth"]["type"], sa.Numeric), True, "DECIMAL")
    check(columns["worth"]["type"].scale, 2, "scale of DECIMAL")
    check(columns["name"]["nullable"], False, "NOT NULL")
    check(columns["name"]["type"].length, 40, "length of VARCHAR")
    table = sa.Table("book", sa.MetaData(), autoload_with=engine)
    # MariaDB's JSON is a LONGTEXT.
    kind = sa.String if engine.dialect.is_mariadb else sa.JSON
    check(isinstance(table.c.facts.type, kind), True, "JSON")
    check([column.name for column in table.primary_key], ["id"], "reflected key")
    check(sorted(inspector.get_schema_names())[0] != "", True, "schemas")
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP VIEW IF EXISTS titles")
        connection.exec_driver_sql("CREATE VIEW titles AS SELECT id, title FROM book")
        check(sa.inspect(connection).get_view_names(), ["titles"], "views")
        connection.exec_driver_sql("DROP VIEW titles")


def rows(engine):
    """Units of work: inserts, loads, joins, updates, savepoints, roll-backs."""
    with orm.Session(engine) as session:
        ursula = Author(
            name="Ursula", born=datetime.date(1929, 10, 21), worth=decimal.Decimal("12.50")
        )
        ursula.books = [
            Book(title="The Dispossessed", score=4.5, facts={"year": 1974, "tags": ["sf"]}),
            Book(title="Rocannon's World", seen=datetime.datetime(2024, 2, 29, 12, 30)),
        ]
        session.add_all([ursula, Author(name="Stanisław", about="ł 🚀")])
        session.commit()
        check(ursula.id > 0 and ursula.books[0].id > 0, True, "generated keys")
    with orm.Session(engine) as session:
        found = session.scalars(sa.select(Author).order_by(Author.name)).all()
        check([a.name for a in found], ["Stanisław", "Ursula"], "authors")
        check(found[0].about, "ł 🚀", "text")
        check(found[1].worth, decimal.Decimal("12.50"), "decimal")
        check(found[1].active, True, "boolean")
        books = session.execute(
            sa.select(Author.name, sa.func.count(Book.id))
            .outerjoin(Book)
            .group_by(Author.name)
            .order_by(Author.name)
        ).all()
        check([tuple(row) for row in books], [("Stanisław", 0), ("Ursula", 2)], "groups")
        book = session.scalars(sa.select(Book).where(Book.title.like("The %"))).one()
        check(book.facts, {"year": 1974, "tags": ["sf"]}, "JSON")
        check(book.author.name, "Ursula", "relation")
        book.score = 5.0
        nested = session.begin_nested()
        session.add(Author(name="Nobody"))
        session.flush()
        nested.rollback()
        session.commit()
        check(session.scalar(sa.select(sa.func.count(Author.id))), 2, "after the savepoint")
        check(session.get(Book, book.id).score, 5.0, "update")
    with orm.Session(engine) as session:
        session.add(Author(name="Ursula"))
        try:
            session.commit()
        except sa.exc.IntegrityError as error:
            check(error.orig.args[0], 1062, "duplicate")
        else:
            raise AssertionError("a duplicate was taken")
    with orm.Session(engine) as session:
        session.execute(sa.delete(Book))
        session.execute(sa.update(Author).values(active=False))
        session.commit()
        check(session.scalar(sa.select(sa.func.count()).select_from(Book)), 0, "deleted")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3307)
    parser.add_argument("--driver", default="pymysql")
    arguments = parser.parse_args()
    address = "mysql+%s://root:@%s:%d/" % (arguments.driver, arguments.host, arguments.port)
    with sa.create_engine(address).connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE IF NOT EXISTS alchemy CHARACTER SET utf8mb4")
    engine = sa.create_engine(address + "alchemy?charset=utf8mb4", pool_pre_ping=True)
    for step in (creation, reflection, rows):
        step(engine)
        print(step.__name__, flush=True)
    Base.metadata.drop_all(engine)
    check(sa.inspect(engine).get_table_names(), [], "tables after drop_all")


if __name__ == "__main__":
    try:
        main()
    except ModuleNotFoundError as missing:
        print("%s" % missing, file=sys.stderr)
        sys.exit(77)
    except (AssertionError, sa.exc.SQLAlchemyError) as error:
        print("sqlalchemy_session: %s" % error, file=sys.stderr)
        sys.exit(1)
