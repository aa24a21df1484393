"""Other words that people use for what schemas commonly name."""

from __future__ import annotations

# The last word of a table's noun -> other nouns.
TABLE_SYNONYMS: dict[str, tuple[str, ...]] = {
    "track": ("song",), "song": ("track",), "customer": ("client",), "client": ("customer",),
    "employee": ("staff member", "worker"), "artist": ("musician",), "film": ("movie",), "movie": ("film",),
    "country": ("nation",), "company": ("firm",), "instructor": ("teacher",), "teacher": ("instructor",),
    "invoice": ("bill",), "order": ("purchase",), "physician": ("doctor",), "department": ("division",),
    "professor": ("faculty member",), "faculty": ("faculty member",), "genre": ("music style",),
    "user": ("member",), "shop": ("store",), "store": ("shop",), "airport": ("airport",), "car": ("vehicle",),
    "people": ("person",), "staff": ("staff member",), "mountain": ("peak",), "hotel": ("hotel",), "club": ("club",),
    "apartment": ("flat",), "flat": ("apartment",), "journal": ("periodical",), "author": ("writer",),
    "photo": ("picture",), "paper": ("article",), "match": ("game",), "dorm": ("dormitory",), "college": ("university",),
}  # fmt: skip
# A column's readable name, or "*" and its last word -> other names.
COLUMN_SYNONYMS: dict[str, tuple[str, ...]] = {
    "milliseconds": ("length", "duration", "length in milliseconds"), "bytes": ("size", "file size", "size in bytes"),
    "phone": ("phone number", "telephone number"), "fax": ("fax number",), "email": ("email address", "e-mail"),
    "postal code": ("postcode", "zip code"), "zip code": ("postal code",), "birth date": ("date of birth", "birthday"),
    "hire date": ("date of hire", "hiring date"), "unit price": ("price", "cost"), "price": ("cost",), "cost": ("price",),
    "first name": ("given name",), "last name": ("surname", "family name"), "title": ("title",), "sex": ("gender",),
    "gender": ("sex",), "country": ("country",), "total": ("total amount", "amount"), "salary": ("pay", "wage"),
    "population": ("number of inhabitants", "number of people"), "mountain altitude": ("altitude", "height", "elevation"),
    "elevation": ("height", "altitude"), "altitude": ("height", "elevation"), "height": ("height",), "length": ("length",),
    "area": ("area", "size"), "density": ("population density",), "composer": ("composer", "songwriter"),
    "nationality": ("nationality", "country"), "capacity": ("capacity",), "rating": ("score",), "email address": ("email",),
    "phone number": ("phone",), "job title": ("job", "position"), "quantity": ("number", "quantity"),
    "release date": ("date of release",), "start date": ("starting date",), "end date": ("ending date",),
    "hometown": ("home town",), "occupation": ("job",), "headquarter": ("headquarters",), "enrollment": ("number of students",),
    "duration": ("length",), "weight": ("weight",), "runtime": ("running time", "length"), "description": ("description",),
    "address": ("address",), "budget": ("budget",), "revenue": ("revenue", "income"), "location": ("location",),
    "number of employees": ("number of staff", "headcount"),
    "*description": ("description",), "*details": ("details",),
}  # fmt: skip
# A relation or a column that reads as a verb: verb (plural subject), third person, Chinese.
VERBS: dict[str, tuple[str, str, str]] = {
    "border": ("border", "borders", "接壤"), "traverse": ("traverse", "traverses", "流经"),
    "visit": ("visit", "visits", "参观"), "cross": ("cross", "crosses", "穿过"),
}  # fmt: skip
