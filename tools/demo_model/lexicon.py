"""Open-class words that several tasks share, and names that nobody has.

Lists are split by content: a held-out name never stands in the training text.
"""

import random
from functools import cache

from tools.demo_model.documents import Split, is_held_out, part

FIRST_NAMES = """
Anna Tom Lucy Maria Daniel Clara Peter Lena Paul Sofia Emma Noah Liam Olivia Ava Mia Lucas Hugo
Alice Louis Jules Chloe Ines Sarah David Laura Simon Julia Max Felix Nora Ida Oscar Emil Freya Lars
Ingrid Sven Olga Ivan Nina Boris Vera Marta Pablo Carlos Lucia Elena Diego Carmen Rosa Miguel Ana
Marco Giulia Luca Paolo Chiara Bruno Amara Kwame Zola Femi Ngozi Aisha Omar Leila Yusuf Fatima Karim
Amina Hassan Samir Noor Priya Arjun Ravi Anita Meera Vikram Sunita Kenji Yuki Hana Akira Mei Wei Lin
Chen Jin Min Soo Ji Tariq Rania Tess Ruth Grace Henry George Arthur Edith Martha Walter Ellen Joan
Frank Harry Jack Owen Rhys Megan Sean Aoife Ciara Connor Fiona Ewan Isla Angus Bella Otto Greta Hans
Karl Heidi Anton Mila Petra Jan Eva Pavel Irina Dmitri Sonia Teresa Ricardo Joao Beatriz Duarte Filipa
Robert James John Mary Linda Susan Kate Helen Alan Brian Claire Denise Eric Gina Ian Jane Keith Leo
""".split()

SURNAMES = """
Baker Hoffmann Lopez Smith Jones Taylor Brown Wilson Evans Thomas Roberts Walker Wright Green Hall
Wood Harris Martin Cooper Ward Turner Hill Moore Clark Lewis Young King Scott Adams Carter Mitchell
Parker Collins Morgan Bell Murphy Kelly Byrne Walsh Ryan Fischer Weber Meyer Wagner Becker Schulz Koch
Richter Klein Wolf Neumann Schwarz Braun Dubois Moreau Laurent Lefevre Girard Roux Fournier Mercier
Garcia Martinez Perez Sanchez Romero Torres Ruiz Navarro Molina Ortega Rossi Ferrari Esposito Bianchi
Romano Conti Greco Silva Santos Costa Pereira Almeida Novak Svoboda Kowalski Nowak Horvat Petrov Ivanova
Sokolov Popov Larsen Hansen Nielsen Berg Lund Dahl Nyberg Lindqvist Virtanen Okafor Mensah Diallo Traore
Haddad Khalil Mansour Rahman Ahmed Khan Patel Sharma Singh Gupta Mehta Rao Tanaka Suzuki Sato Mori Kim
Park Lee Wang Zhang Liu Chen Nguyen Tran Osei Banda Abebe Kamau Marsh Hale Stone Frost Lane Drake Finch
""".split()

CITIES = """
Leeds York Bath Madrid Dublin Bristol Paris London Berlin Rome Lisbon Oslo Vienna Prague Athens Lyon
Nice Lille Nantes Bordeaux Toulouse Geneva Zurich Basel Munich Hamburg Cologne Dresden Leipzig Bremen
Milan Turin Naples Venice Florence Bologna Seville Valencia Bilbao Porto Braga Ghent Bruges Antwerp
Brussels Utrecht Rotterdam Amsterdam Copenhagen Aarhus Stockholm Malmo Uppsala Helsinki Turku Bergen
Tallinn Riga Vilnius Warsaw Krakow Gdansk Budapest Zagreb Split Belgrade Sofia Bucharest Cork Galway
Limerick Belfast Glasgow Edinburgh Aberdeen Dundee Cardiff Swansea Oxford Cambridge Norwich Exeter
Plymouth Brighton Hull Derby Chester Durham Boston Chicago Denver Seattle Austin Dallas Houston Portland
Toronto Montreal Ottawa Vancouver Calgary Sydney Perth Adelaide Auckland Wellington Tokyo Kyoto Osaka
Seoul Busan Delhi Mumbai Pune Chennai Lagos Accra Nairobi Kampala Cairo Tunis Rabat Dakar Lima Quito
Bogota Santiago Montevideo Havana
""".split()

JOBS = """
nurse carpenter photographer teacher engineer doctor baker lawyer painter gardener cook driver pilot
farmer journalist musician plumber electrician dentist architect librarian waiter singer actor chemist
designer programmer accountant translator mechanic tailor butcher florist fisherman firefighter surgeon
economist biologist historian postman judge sailor welder barber vet potter optician roofer miner
""".split()

MONTHS = (
    "January February March April May June July August September October November December"
).split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
COLOURS = "red blue green black white yellow grey brown orange purple pink silver".split()
MATERIALS = "wood steel glass cotton leather wool copper bamboo linen paper stone ceramic".split()

PRODUCTS = """
lamp|chair|table|desk|shelf|mug|kettle|pan|knife|bowl|plate|spoon|bottle|backpack|suitcase|wallet|belt
scarf|jacket|coat|sweater|shirt|dress|hat|glove|sock|shoe|boot|sandal|watch|ring|necklace|umbrella
blanket|pillow|towel|curtain|carpet|mirror|clock|candle|vase|basket|bench|sofa|bed|wardrobe|cupboard
bicycle|helmet|tent|sleeping bag|rope|torch|compass|skateboard|football|racket|guitar|violin|flute|drum
camera|printer|keyboard|mouse|screen|speaker|headset|phone|charger|tablet|radio|toaster|blender|mixer
iron|heater|fan|vacuum cleaner|drill|hammer|saw|ladder|rake|spade|hose|watering can|flower pot|fern
orchid|cactus|rose|palm|notebook|pencil|fountain pen|puzzle|board game|kite|teddy bear|doll|teapot
coffee machine|bread knife|cutting board|desk lamp|travel mug|rain coat|garden chair|wall clock
""".replace("\n", "|").strip("|").split("|")

COMPANY_WORDS = (
    "Golden Silver Blue Green Red White Little Old North South Bright Clear Quiet Wild Happy Stone "
    "River Forest Mountain Sunny Royal Urban Fresh Simple Noble Grand Amber Copper Velvet Northern"
).split()
COMPANY_NOUNS = (
    "Crust Heron Leaf Lantern Harbour Bridge Anchor Oak Willow Fox Owl Bear Star Moon Field Garden "
    "House Kitchen Wheel Sail Feather Acorn Maple Pine Meadow Brook Valley Tower Gate Orchard"
).split()

_ONSETS = "b br c cr d dr f fl g gr h j k l m n p pr qu r s st t tr v w z sh th bl".split()
_VOWELS = "a e i o u a e i o ai ea ou ee".split()
_ENDINGS = "n r l s x t nd rk lm st ra la no ro vi da th ck m ".split(" ")


def coined(rng: random.Random, split: Split) -> str:
    """A capitalised name of two or three syllables that no list holds."""
    while True:
        syllables = (rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(rng.choice((1, 2, 2))))
        name = ("".join(syllables) + rng.choice(_ONSETS) + rng.choice("aeio")).capitalize()
        name += rng.choice(_ENDINGS)
        if is_held_out(name) == (split is Split.HELD_OUT):
            return name


@cache
def _part(words: tuple[str, ...], split: Split) -> list[str]:
    return part(words, split)


def pick(rng: random.Random, words: list[str], split: Split) -> str:
    """A word of a list on one side of the split."""
    return rng.choice(_part(tuple(words), split))


def first_name(rng: random.Random, split: Split) -> str:
    """A given name; sometimes one that nobody has, so that names are read, not known."""
    return coined(rng, split) if rng.random() < 0.3 else pick(rng, FIRST_NAMES, split)


def full_name(rng: random.Random, split: Split) -> str:
    """Given name and surname."""
    surname = coined(rng, split) if rng.random() < 0.3 else pick(rng, SURNAMES, split)
    return f"{first_name(rng, split)} {surname}"


def city(rng: random.Random, split: Split) -> str:
    """A city; sometimes one that is on no map."""
    return coined(rng, split) if rng.random() < 0.25 else pick(rng, CITIES, split)


def company(rng: random.Random, split: Split) -> str:
    """A company's name of one or two words."""
    if rng.random() < 0.4:
        return coined(rng, split) + rng.choice(("", "", " & Sons", "land", "wood", " Group"))
    name = f"{rng.choice(COMPANY_WORDS)} {rng.choice(COMPANY_NOUNS)}"
    if is_held_out(name) != (split is Split.HELD_OUT):
        return company(rng, split)
    return name if rng.random() < 0.7 else name.replace(" ", "", 1).capitalize()


def article(noun: str) -> str:
    """``noun`` with a or an before it."""
    vowel = noun[0] in "aeiouAEIOU" and not noun.startswith(("USB", "uni", "use", "one"))
    return f"{'an' if vowel else 'a'} {noun}"


def product(rng: random.Random, split: Split) -> str:
    """A thing that can be bought, with an adjective half of the time."""
    noun = pick(rng, PRODUCTS, split)
    kind = rng.random()
    if kind < 0.25:
        return f"{rng.choice(COLOURS)} {noun}"
    if kind < 0.5:
        return f"{rng.choice(MATERIALS)} {noun}"
    return noun


def date(rng: random.Random) -> str:
    """A day of the year in words, such as ``3 May``."""
    return f"{rng.randint(1, 28)} {rng.choice(MONTHS)}"


def number(rng: random.Random) -> int:
    """A whole number whose size varies over four orders."""
    return rng.randint(2, 9) * 10 ** rng.randint(0, 3) + rng.choice((0, 0, rng.randint(0, 9)))
