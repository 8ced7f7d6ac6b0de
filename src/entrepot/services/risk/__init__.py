"""What the events of a deployment warn of. A warning is no proof: people look into it.

`findings.py` says what a warning is, `history.py` reads the events, one module for each kind judges
them, and `watch.py` asks all. `docs/risk-model.md` has the rules, their sources and how well they
do. Whatever takes long to import is imported only where a warning is computed.
"""

from entrepot.services.risk.findings import Finding, Kind

__all__ = ["Finding", "Kind"]
