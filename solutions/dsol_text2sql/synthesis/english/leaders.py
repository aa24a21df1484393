"""English for things that lead others of their kind: managers and who reports to them."""

from __future__ import annotations

from dsol_text2sql.synthesis.english.lists import Form
from dsol_text2sql.synthesis.english.voice import Voice
from dsol_text2sql.synthesis.meaning import World
from dsol_text2sql.synthesis.names import plural
from dsol_text2sql.synthesis.request import Request

LEADER = "2* Who is the {role} of {v}\nWhat is the name of the {role} of {v}\nFind the {role} of {v}\n"
REPORTS = "2* Who does {v} report to\nTo whom does {v} report\nWho [manages|supervises] {v}"
FOLLOWERS = """
Which {nouns} have {v} as [their |]{role}
[List|Find] [the|all] {nouns} whose {role} is {v}
"""
REPORTERS = """
3* Which {nouns} report to {v}
2* Who reports to {v}
List the {nouns} [managed|supervised] by {v}
Who are the {nouns} [working under|reporting to] {v}
"""
LED_PAIRS = """
List each {noun} with the name of [their|the] {role}
Show all {nouns} and their {roles}
For each {noun}, give the name and the name of the {role}
What are the names of the {nouns} and of their {roles}
"""
LEADS_MOST = """
Which {noun} is the {role} of the most {nouns}
Find the {noun} that is most often the {role}
"""
MANAGES_MOST = """
Which {noun} [manages|supervises] the most {nouns}
Who has the most {nouns} reporting to them
Which {role} has the most direct reports
Who is the {role} of the most {nouns}
"""


def _led(request: Request, world: World, v: Voice) -> str:
    subject, relation = request.subject, request.relation
    noun = v.noun(subject)
    role = v.role(relation, subject) if relation and relation.own_role else f"related {noun}"
    reports = role in ("manager", "supervisor", "boss")
    slots = {"noun": noun, "nouns": plural(noun), "role": role, "roles": plural(role), "v": ""}
    if request.form == "led pairs":
        return v.say(LED_PAIRS, **slots)
    if request.form == "leading most":
        return v.say(MANAGES_MOST if reports else LEADS_MOST, **slots)
    slots["v"] = v.value(" ".join(str(one) for one in request.value))
    if request.form == "leader":
        text = LEADER + (REPORTS if reports else "")
        return v.say(text if subject.person else text.replace("Who is", "What is"), **slots)
    return v.say(FOLLOWERS + (REPORTERS if reports else ""), **slots)


LEADERS: dict[str, Form] = {"leader": _led, "followers": _led, "led pairs": _led, "leading most": _led}
