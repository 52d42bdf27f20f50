"""The places that can be followed, with what is known of them, as the catalogue had them at the last refinement."""

from twilytics import columns
from twilytics.schema import Column, Table

KIND = Column("kind", "string", "worldwide, country, town or other, instance of Mastodon, network, or list.")

TABLE = Table(
    name="bronze.catalogue",
    description=__doc__,
    grain=("place",),
    columns=(
        columns.PLACE,
        Column("name", "string", "The place's name."),
        Column("country_code", "string", "ISO 3166-1 alpha-2; NULL where a place has no one country.", nullable=True),
        KIND,
        Column("parent", "string", "Key of the place that contains it.", nullable=True),
        Column("latitude", "double", "Degrees north.", nullable=True, minimum=-90, maximum=90, unit="degree"),
        Column("longitude", "double", "Degrees east.", nullable=True, minimum=-180, maximum=180, unit="degree"),
        Column("woeid", "bigint", "X's id of the place.", nullable=True, minimum=1),
    ),
    time=None,
)
