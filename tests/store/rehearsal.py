"""A revision after the newest that rebuilds every table, and a process that upgrades to it."""

from __future__ import annotations

import os
from pathlib import Path

from alembic.config import Config
from sqlalchemy import Engine

from digest.store.revisions import migrations_folder

NAME = "rehearsal"
REVISION = '''
"""Rebuild every table: what a later revision may have to do."""
import os, pathlib, time
import sqlalchemy as sa
from alembic import op
from tests.store.filling import FULL_TEXT, numbered, tables

revision, down_revision = "rehearsal", "{head}"
branch_labels = depends_on = None


def rebuilt():
    connection = op.get_bind()
    lite = connection.dialect.name == "sqlite"
    for name in tables(connection):
        if name == FULL_TEXT:
            continue
        kept = {{"sqlite_autoincrement": True}} if name in numbered(connection) else {{}}
        with op.batch_alter_table(name, recreate="always" if lite else "never", table_kwargs=kept) as batch:
            yield batch


def upgrade():
    for number, batch in enumerate(rebuilt()):
        batch.add_column(sa.Column("rehearsed", sa.Integer(), nullable=False, server_default="7"))
        if number == 12 and "REHEARSAL_FOLDER" in os.environ:
            wait()


def wait():
    """Half-way: say so, and go on when told to."""
    folder = pathlib.Path(os.environ["REHEARSAL_FOLDER"])
    with (folder / "half-way").open("a") as told:
        told.write("here\\n")
    while not (folder / "go").exists():
        time.sleep(0.01)


def downgrade():
    for batch in rebuilt():
        batch.drop_column("rehearsed")
'''
UPGRADE = """
import sys
from pathlib import Path
from alembic import command
from digest.store.database import open_engine
from tests.store.rehearsal import config
engine, folder = open_engine(sys.argv[1]), Path(sys.argv[2])
print("begins", flush=True)
command.upgrade(config(engine, folder), "head")
"""


def config(engine: Engine, folder: Path) -> Config:
    """Alembic as the store runs it, with the revisions in ``folder`` after our own."""
    made = Config()
    made.set_main_option("script_location", str(migrations_folder()))
    made.set_main_option("path_separator", "os")
    made.set_main_option(
        "version_locations", os.pathsep.join([str(migrations_folder() / "versions"), str(folder)])
    )
    made.attributes["engine"] = engine
    return made
