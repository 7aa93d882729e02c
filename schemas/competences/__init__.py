"""Which body holds which competence for a commune: by law, by BANATIC, by the operator's word."""

from schemas.competences.table import Competences, Decision, Holding, kind_of

__all__ = ["Competences", "Decision", "Holding", "kind_of"]
