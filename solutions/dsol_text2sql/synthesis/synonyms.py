"""Other words that people use for what schemas commonly name."""

from __future__ import annotations

# The last word of a table's noun -> other nouns.
TABLE_SYNONYMS: dict[str, tuple[str, ...]] = {
    "enroll": ("enrollment",), "track": ("song",), "song": ("track",), "customer": ("client",), "client": ("customer",),
    "employee": ("staff member", "worker"), "artist": ("musician",), "film": ("movie",), "movie": ("film",),
    "country": ("nation",), "company": ("firm",), "instructor": ("teacher",), "teacher": ("instructor",),
    "invoice": ("bill",), "order": ("purchase",), "physician": ("doctor",), "department": ("division",),
    "professor": ("faculty member",), "faculty": ("faculty member",), "genre": ("music style",),
    "user": ("member",), "shop": ("store",), "store": ("shop",), "car": ("vehicle",),
    "people": ("person",), "staff": ("staff member",), "mountain": ("peak",), 
    "apartment": ("flat",), "flat": ("apartment",), "journal": ("periodical",), "author": ("writer",),
    "photo": ("picture",), "paper": ("article",), "match": ("game",), "dorm": ("dormitory",), "college": ("university",),
}  # fmt: skip
# A column's readable name, or "*" and its last word -> other names.
COLUMN_SYNONYMS: dict[str, tuple[str, ...]] = {
    "milliseconds": ("length", "duration", "length in milliseconds"), "bytes": ("size", "file size", "size in bytes"),
    "phone": ("phone number", "telephone number"), "fax": ("fax number",), "email": ("email address", "e-mail"),
    "postal code": ("postcode", "zip code"), "zip code": ("postal code",), "birth date": ("date of birth", "birthday"),
    "hire date": ("date of hire", "hiring date"), "unit price": ("price", "cost"), "price": ("cost",), "cost": ("price",),
    "first name": ("given name",), "last name": ("surname", "family name"), "sex": ("gender",),
    "gender": ("sex",), "total": ("total amount", "amount"), "salary": ("pay", "wage"),
    "population": ("number of inhabitants", "number of people"), "mountain altitude": ("altitude", "height", "elevation"),
    "elevation": ("height", "altitude"), "altitude": ("height", "elevation"), 
    "area": ("area", "size"), "density": ("population density",), "composer": ("composer", "songwriter"),
    "nationality": ("nationality", "country"), "rating": ("score",), "email address": ("email",),
    "phone number": ("phone",), "job title": ("job", "position"), "quantity": ("number", "quantity"),
    "release date": ("date of release",), "start date": ("starting date",), "end date": ("ending date",),
    "hometown": ("home town",), "occupation": ("job",), "headquarter": ("headquarters",), "enrollment": ("number of students",),
    "duration": ("length",), "runtime": ("running time", "length"), 
    "revenue": ("revenue", "income"), 
    "number of employees": ("number of staff", "headcount"),
    }  # fmt: skip
# A column whose name is a verb: plural verbs, third person, Chinese.
VERBS: dict[str, tuple[tuple[str, ...], str]] = {
    "border": (("border", "are next to", "share a border with", "are adjacent to", "neighbor"), "与{}接壤"),
    "traverse": (("run through", "flow through", "pass through", "traverse", "cross"), "流经{}"),
    "visits": (("visit",), "参观{}"),
}  # fmt: skip
