"""The rules: what a YAML file says of tickets, decided exactly where facts are unknown, and proven.

Rooms
    model       what is spoken of: facts, quantities, rules, decisions, mistakes
    reading     the YAML format: nodes with their place, the sections of a file, its schema and its tidy form
    deciding    situations as cells, decisions as diagrams, and the rule book that decides
    proving     whether a file holds: proof, cases, what changed, what the policy's text leaves open

Whoever decides needs the names below; commands about rules files reach into the rooms.
"""

from rules.deciding.rule_book import RuleBook
from rules.loading import SHIPPED, load_rules, load_text
from rules.model.decision import Decision
from rules.model.errors import Problem, RulesError

__all__ = ["SHIPPED", "Decision", "Problem", "RuleBook", "RulesError", "load_rules", "load_text"]
