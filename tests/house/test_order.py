"""Rows come in an order that is said, or PostgreSQL shows them in another one after a change."""

from flask import Flask
from sqlalchemy.orm import configure_mappers

from interview.db import Base


def test_every_list_of_rows_has_an_order(app: Flask) -> None:
    configure_mappers()
    lists = [one for mapper in Base.registry.mappers for one in mapper.relationships if one.uselist]
    assert len(lists) > 10
    assert [str(one) for one in lists if not one.order_by] == []
