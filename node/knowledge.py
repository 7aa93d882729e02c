"""What this node knows and trusts: `federation.knowledge` decides it; named here for the node."""

from federation.knowledge import Knowledge
from schemas.model import SchemaFault

__all__ = ["Knowledge", "SchemaFault"]
