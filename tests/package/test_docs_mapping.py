"""The example of docs/mapping.md does what the page says, and the page names every key."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from entrepot.services.shipment_csv import Mapping, ShipmentFile, load_mapping, read_shipments
from entrepot.services.shipment_mapping import Amount, Day, Discount, Text

PAGE = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


def table_below(sentence: str) -> list[list[str]]:
    """The cells of the first table after a sentence, without its head."""
    lines = PAGE[PAGE.index(sentence) :].splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("|"))
    cells = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        cells.append([cell.strip() for cell in line.strip("|").split("|")])
    return cells


def test_example_gives_what_the_page_says(tmp_path: Path) -> None:
    data, mapping = tmp_path / "shop.csv", tmp_path / "shop.yaml"
    data.write_bytes(blocks("csv")[0].encode("latin-1"))
    mapping.write_text(blocks("yaml")[0], "utf-8")
    found = read_shipments(data, load_mapping(mapping))

    assert [
        [
            each.row_id,
            each.buyer,
            each.carrier,
            f"{each.value_cents / 100:,.2f}",
            f"{each.premium_units / 10**6:g}",
            str(each.ordered),
            str(each.scheduled),
            str(each.delivered),
            str(each.late_days),
        ]
        for each in found.shipments
    ] == table_below("What comes of it")
    assert [[str(each.line), each.row_id, each.reason] for each in found.rejected] == table_below(
        "The other rows are rejected"
    )
    assert {each.seller for each in found.shipments} == {"Bazar & Cie"}


@pytest.mark.parametrize("text", blocks("yaml"), ids=["example", "DataCo", "just in time", "Olist"])
def test_every_mapping_of_the_page_is_one(text: str) -> None:
    Mapping.model_validate(yaml.load(text, yaml.BaseLoader))


def test_page_names_every_key() -> None:
    keys = [row[0].strip("`") for row in table_below("## The keys")]
    assert keys == list(Mapping.model_fields)
    for part in (Text, Amount, Discount, Day):
        assert [name for name in part.model_fields if not re.search(rf"\b{name}\b", PAGE)] == []


def test_page_tells_what_is_required() -> None:
    required = [row[0].strip("`") for row in table_below("## The keys") if row[2] == "required"]
    assert required == [name for name, field in Mapping.model_fields.items() if field.is_required()]


DATACO = (
    "Type,Days for shipping (real),Days for shipment (scheduled),Order Country,Order Id,"
    "order date (DateOrders),Order Item Discount,Order Item Discount Rate,Order Item Id,Sales,"
    "Product Name,shipping date (DateOrders),Shipping Mode\n"
    "DEBIT,3,4,Indonesia,77202,1/31/2018 22:56,13.10999966,0.039999999,180517,327.75,"
    "Smart watch ,2/3/2018 22:56,Standard Class\n"
    "CASH,5,4,México,75939,1/13/2018 12:27,16.38999939,0.050000001,179254,327.75,"
    "Smart watch ,1/18/2018 12:27,Standard Class\n"
)
JUST_IN_TIME = (
    " Order ID , Order Item ID ,Order YearMonth, Order Year , Order Month , Order Day ,Order Time,"
    "Product Name,Customer Country,Warehouse Country,Shipment Year,Shipment Month,Shipment Day,"
    "Shipment Mode, Shipment Days - Scheduled , Gross Sales , Discount % , Profit \n"
    " 3535 , 8793 ,201502, 2015 , 2 , 21 ,14:07,Bicycle,Mexico,Puerto Rico,2015,2,27,"
    "Standard Class, 4 , 400 , 0.25 , 200 \n"
    " 4133 , 10320 ,201503, 2015 , 3 , 2 ,07:37,Bicycle,Brésil,Puerto Rico,2015,3,6,"
    'Standard Class, 4 ," 1,400 ", -   , 200 \n'
)
OLIST = (
    '"order_id","order_item_id","customer_state","seller_id","order_purchase_timestamp",'
    '"order_delivered_customer_date","order_estimated_delivery_date","price","freight_value"\n'
    '"e481f51c","1","SP","3504c0cb","2017-10-02 10:56:33","2017-10-10 21:25:13",'
    '"2017-10-18 00:00:00",29.99,8.72\n'
    '"53cdb2fc","1","BA","289cdb32","2018-07-24 20:41:37","","2018-08-13 00:00:00",118.7,22.76\n'
)


def read_by_the_page(folder: Path, text: str, number: int) -> ShipmentFile:
    mapping = Mapping.model_validate(yaml.load(blocks("yaml")[number], yaml.BaseLoader))
    path = folder / "public.csv"
    path.write_bytes(text.encode(mapping.encoding))
    return read_shipments(path, mapping)


def test_layout_of_dataco(tmp_path: Path) -> None:
    first, second = read_by_the_page(tmp_path, DATACO, 1).shipments
    assert (first.row_id, first.product) == ("77202/180517", "Smart watch")
    assert (first.value_cents, first.late_days) == (31_464, -1)
    assert (second.buyer, second.carrier) == ("México", "Standard Class / México")
    assert (second.value_cents, second.late_days) == (31_136, 1)
    assert second.scheduled == date(2018, 1, 17)


def test_layout_of_just_in_time(tmp_path: Path) -> None:
    found = read_by_the_page(tmp_path, JUST_IN_TIME, 2)
    assert found.rejected == ()
    first, second = found.shipments
    assert (first.row_id, first.value_cents, first.late_days) == ("3535/8793", 30_000, 2)
    assert (second.buyer, second.value_cents, second.late_days) == ("Brésil", 140_000, 0)


def test_layout_of_olist(tmp_path: Path) -> None:
    found = read_by_the_page(tmp_path, OLIST, 3)
    (shipment,) = found.shipments
    assert (shipment.value_cents, shipment.late_days) == (930, -8)
    assert shipment.ordered == date(2017, 10, 2)
    assert [(each.row_id, each.reason) for each in found.rejected] == [
        ("53cdb2fc/1", "the delivered date is missing")
    ]
