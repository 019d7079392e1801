#!/usr/bin/env python3
"""Writes markets.tsv: where a country stands in Meta's rate cards.

    python3 -m venv v && v/bin/pip install babel phonenumbers && v/bin/python generate.py

Sources: the markets and rest regions of Meta's page "Country calling codes" (pricing on the WhatsApp Business Platform, as of
the cards of July and October 2026); the English names of CLDR (Unicode license, through the `babel` package) with Meta's own
spellings beside them; the regions that have telephone numbers from libphonenumber (Apache-2.0).

Meta goes by calling codes, so that a country without a code of its own is billed as the one that it shares it with, unless a
card names it. What is on no list is "Other".
"""

from pathlib import Path

from babel import Locale
from phonenumbers import SUPPORTED_REGIONS

NAMES = Locale("en").territories

# Priced by themselves in every card: they have no region to fall back to.
ALONE = "AR BR CL CO EG FR DE IN ID IL IT MY MX NL NG PK PE RU SA ZA ES TR AE GB".split()

REGIONS = {
    "North America": "CA US",
    "Rest of Africa": "DZ AO BJ BW BF BI CM TD CG CI ER ET GA GM GH GW KE LS LR LY MG MW ML MR MA MZ NA NE RW SN SL SO SS SD "
    "SZ TZ TG TN UG ZM ZW",
    "Rest of Asia Pacific": "AF AU BD KH CN HK JP LA MN NP NZ PG PH SG LK TW TJ TH TM UZ VN",
    "Rest of Central & Eastern Europe": "AL AM AZ BY BG HR CZ GE GR HU LV LT MD MK PL RO RS SK SI UA",
    "Rest of Latin America": "BO CR DO EC SV GT HT HN JM NI PA PR PY UY VE",
    "Rest of Middle East": "BH IQ JO KW LB OM QA YE",
    "Rest of Western Europe": "AT BE DK FI IE NO PT SE CH",
}

# Countries that share another one's calling code.
SHARED = {
    "KZ": "RU", "GG": "GB", "JE": "GB", "IM": "GB", "VA": "IT", "EH": "MA", "AX": "FI", "SJ": "NO", "CX": "AU", "CC": "AU",
}

# As Meta, or people, spell them beside CLDR.
SPELLINGS = {
    "CI": ["Ivory Coast", "Cote d'Ivoire"], "CZ": ["Czech Republic"], "HK": ["Hong Kong"], "MO": ["Macao", "Macau"],
    "MK": ["Macedonia"], "MM": ["Myanmar"], "SZ": ["Swaziland"], "TR": ["Turkey"], "AE": ["UAE"], "GB": ["UK", "Great Britain"],
    "US": ["USA"], "CG": ["Congo"], "CD": ["Democratic Republic of the Congo"], "KR": ["Korea"], "RU": ["Russian Federation"],
    "VN": ["Viet Nam"], "LA": ["Lao"], "CV": ["Cabo Verde"], "PS": ["Palestine"],
}

parents = {code: region for region, codes in REGIONS.items() for code in codes.split()}
lines = [
    "# Written by generate.py. Country, what it belongs to where a card does not name it (`-`: nothing), names.",
]
for code in sorted(SUPPORTED_REGIONS):
    parent = "-" if code in ALONE else SHARED.get(code) or parents.get(code, "Other")
    names = [NAMES[code], *SPELLINGS.get(code, [])]
    lines.append("\t".join([code, parent, "|".join(names)]))
assert not set(ALONE) & set(parents)
Path(__file__).with_name("markets.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
