"""The totals that the rules of the shipment CSV give, from the file alone: a second opinion.

Nothing here comes from the package: what it replays, settles and audits must agree with this page.
"""

import csv
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

CENT, UNIT, CAP = Decimal("0.01"), Decimal("0.000001"), Decimal("0.20")


def totals(path: Path) -> dict[str, int]:
    """Counts, and sums in cents, of a CSV file with the columns of SCMS."""
    counts = dict.fromkeys(("orders", "rejected", "late", "claims"), 0)
    sums = dict.fromkeys(("funded", "released", "refunded", "claims_paid", "premiums"), Decimal())
    seen = {""}
    with path.open(encoding="utf-8-sig", newline="") as file, localcontext(prec=100):
        for row in csv.DictReader(file):
            is_new = row["ID"].strip() not in seen
            seen.add(row["ID"].strip())
            value = _amount(row["Line Item Value"], CENT)
            premium = _amount(row["Line Item Insurance (USD)"], UNIT)
            scheduled = _day(row["Scheduled Delivery Date"])
            delivered = _day(row["Delivered to Client Date"])
            if not (is_new and value and scheduled and delivered):
                counts["rejected"] += 1
                continue
            deliver_by = datetime.combine(scheduled, time(23, 59, 59), UTC)
            is_paid = datetime.combine(delivered, time(12), UTC) <= deliver_by + timedelta(days=60)
            days = (delivered - scheduled).days
            pays = value * min(max(days - 3, 0) * CENT, CAP) if premium else Decimal()
            counts["orders"] += 1
            counts["late"] += days > 0
            counts["claims"] += pays > 0
            sums["funded"] += value
            sums["released" if is_paid else "refunded"] += value
            sums["claims_paid"] += pays
            sums["premiums"] += premium
        rounded = {name: total.quantize(CENT, ROUND_DOWN) for name, total in sums.items()}
    return counts | {f"{name}_cents": int(total * 100) for name, total in rounded.items()}


def _amount(text: str, unit: Decimal) -> Decimal:
    return Decimal(text.strip() or 0).quantize(unit, ROUND_HALF_UP)


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text.strip(), "%d-%b-%y").date()
    except ValueError:
        return None
