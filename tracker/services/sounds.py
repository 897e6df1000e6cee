"""How a name sounds, in English and in Spanish, and which short names stand for which. All letters, no database."""

import re
from functools import lru_cache

import jellyfish

from tracker.services.names import folded

# Written differently, said alike, from left to right: "h" is silent, b and v are one sound, so are s, z, soft c and x,
# ll and y, g before e or i and j, qu, k and hard c. What is ñ in one list is often a plain n in another.
SPANISH = (
    (re.compile(r"ch"), "1"),
    (re.compile(r"sh"), "1"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"\bx(?=[aeiou])"), "j"),
    (re.compile(r"h"), ""),
    (re.compile(r"ll"), "y"),
    (re.compile(r"qu(?=[ei])"), "k"),
    (re.compile(r"gu(?=[ei])"), "2"),
    (re.compile(r"g(?=[ei])"), "j"),
    (re.compile(r"c(?=[ei])"), "s"),
    (re.compile(r"[cq]"), "k"),
    (re.compile(r"[zx]"), "s"),
    (re.compile(r"[vw]"), "b"),
    (re.compile(r"y\b"), "i"),
    (re.compile(r"2"), "g"),
    (re.compile(r"1"), "ch"),
    (re.compile(r"(.)\1+"), r"\1"),
)
# Words within a name that say nothing about whose it is: "de la Cruz", "y Gasset", "dos Santos", "van Dyke".
PARTICLES = frozenset(
    ("de", "del", "la", "las", "los", "el", "y", "e", "da", "das", "do", "dos", "di", "van", "von", "der", "den")
)
# Everyday short forms, as anyone who speaks the language knows them. Each line: the full name, then what it is
# shortened to. A short form may stand for several full names.
SHORT_FORMS = """
jose pepe chepe pepito joseito
francisco paco pancho kiko curro frank
ignacio nacho
enrique quique kike henry
jesus chuy chucho
guadalupe lupe lupita
guillermo memo guille william
dolores lola loli
concepcion concha conchita
consuelo chelo
rosario charo
isabel isa chabela isabelita elizabeth
maria mari maruja marica mary
mercedes merche meche
luis lucho louis
roberto beto robert
alberto beto albert
antonio tono toni tony anthony
alejandro alex jandro ale alexander
alejandra alex ale sandra alexandra
eduardo lalo edu edward
manuel manolo manny
miguel mike micky michael
rafael rafa
ricardo richi richard
fernando nando
gabriel gabi gabe
gabriela gabi
juan juancho juanito john
santiago santi chago james
daniel dani dan danny
daniela dani
beatriz bea betty beatrice
teresa tere theresa
josefa pepa
josefina pepita fina josephine
catalina cata catherine
catherine cathy kate katie cate kathy
katherine kathy kate katie kat
elizabeth liz lizzie beth betty eliza ellie
margaret maggie meg peggy
robert bob bobby rob robbie
william bill billy will willy
richard rick dick rich ricky
james jim jimmy jamie
john jack johnny
michael mike mikey mickey
matthew matt
christopher chris kit
christina chris tina chrissy
joseph joe joey
anthony tony
thomas tom tommy
charles charlie chuck
edward ed eddie ted ned
andrew andy drew
nicholas nick nicky
alexander alex sandy
alexandra alex sandra sandy
samuel sam sammy
samantha sam sammy
benjamin ben benny
david dave davey
steven steve
stephen steve
patrick pat paddy
patricia pat patty trish tricia
susan sue susie
jennifer jen jenny
jessica jess jessie
rebecca becky becca
deborah deb debbie
barbara barb
pamela pam
theodore ted teddy theo
timothy tim
gregory greg
jonathan jon
joshua josh
zachary zach
abigail abby
madeleine maddie
gwendolyn gwen
"""


def _full_names() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in SHORT_FORMS.split("\n"):
        words = line.split()
        for word in words:
            found.setdefault(word, {word}).add(words[0])
    return {word: frozenset(names) for word, names in found.items()}


FULL_NAMES = _full_names()


@lru_cache(maxsize=50_000)
def spanish_key(word: str) -> str:
    """What a folded word sounds like in Spanish: "gimenez", "jimenes" and "ximenez" are one."""
    for pattern, sound in SPANISH:
        word = pattern.sub(sound, word)
    return word


@lru_cache(maxsize=50_000)
def english_key(word: str) -> str:
    """What a folded word sounds like in English (metaphone); empty where it has no sound of its own."""
    return jellyfish.metaphone(word)


def is_short_for(one: str, other: str) -> bool:
    """Do two folded given names share a full name: "pepe" and "jose", "bob" and "robert"?"""
    return not FULL_NAMES.get(one, frozenset({one})).isdisjoint(FULL_NAMES.get(other, (other,)))


@lru_cache(maxsize=50_000)
def words_of(name: str) -> tuple[str, ...]:
    """The folded words of a name that say whose it is; all of them where they are particles alone."""
    words = folded(name).split()
    return tuple(word for word in words if word not in PARTICLES) or tuple(words)
