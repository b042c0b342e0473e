"""The words of `storyworld`, by the place they take in a story. No word stands in two lists."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SHE = _words("""
    mira anna lena clara nora ella rosa ida eva maya tessa vera lydia hanna greta petra sara olga
    julia marta sonja agnes bella carla dora edith flora gilda hilda irene jana katja lotte mabel
    nadia odile paula renata silke tilda ursula viola wanda xenia yvonne zelda amalia brigit celia
    daphne elise fiona gwen helga ingrid judith karin linda monika nelly oriana priska ruth selma
    thea ulrike verena wilma yasmin zora astrid bettina corinna delia elvira frieda gesine henrike marlene ottilie
""")
HE = _words("""
    oskar paul jonas felix hugo anton bruno david emil franz georg henry ivan jakob karl leon max
    nico otto peter ralf simon tom ulrich victor walter xaver yannick zeno albert boris casper
    daniel erik fabian gustav hector igor jasper kurt lukas martin norbert oliver philip quentin
    robert stefan tobias urban valentin werner yorick zacharias arthur benedikt conrad dietrich
    edgar florian gregor heinrich ignaz joachim klemens leopold magnus nathan ottokar pascal
    reinhard samuel theodor ulf vinzenz wolfgang adrian bastian cornelius dominik
""")

PLACES = _words("""
    dorn velm harrow brisk tarn olden wick marl sund fenby kell rothby quarn aster lowen birk stave
    thorpe galt ermin noll haddon pell cray dunmere ashby corvin eldham farrow glenby hollin ivers
    jarrow kirkby lund mossby norwell oakham perth raddle
""")
OCCUPATIONS = _words("""
    baker carpenter teacher miller doctor sailor weaver tailor painter farmer gardener shepherd
    blacksmith potter mason hunter judge lawyer printer clerk porter barber butcher brewer cobbler
    cook driver fisher glazier jeweller locksmith mechanic nurse pilot roofer sculptor tinker vintner
    watchmaker beekeeper
""")
PETS = _words("""
    goat dog cat hen pony rabbit parrot donkey lamb pigeon hamster tortoise canary duck goose sheep
    mule calf ferret turkey mouse peacock llama budgie kitten puppy falcon newt gecko toad
""")
FOODS = _words("""
    plums soup cheese apples pancakes honey pears noodles cherries dumplings porridge grapes beans
    carrots lentils mushrooms pumpkin raisins sausages toast walnuts yoghurt almonds biscuits cabbage
    dates figs garlic herring jam leeks melons oysters peaches quinces radishes spinach turnips
    waffles olives
""")
INSTRUMENTS = _words("""
    lute fiddle flute drum harp piano trumpet cello guitar organ horn banjo clarinet oboe bugle
    zither mandolin trombone bassoon accordion bagpipes harmonica tuba xylophone
""")

WEATHER = _words("""
    cold sunny rainy foggy windy snowy cloudy mild warm stormy misty frosty hot dry damp chilly
    golden grey silent humid icy hazy breezy moonlit
""")
FOUND = _words("found saw bought noticed borrowed uncovered picked discovered collected unpacked inherited unearthed")

ADJECTIVES = _words("""
    small big little red green blue black white heavy dusty broken shiny round long short thin thick
    soft hard wooden silver simple strange rusty wet dirty clean bright dark pretty fine
    narrow wide tiny huge cheap precious painted polished folded locked hollow sharp blunt smooth
    rough sticky greasy fragile sturdy crooked curved bent cracked chipped faded striped spotted
    patterned carved forged knitted woven stitched glittering gleaming sparkling tarnished mouldy
    battered tattered weathered lacquered varnished gilded jewelled haunted forgotten cursed
    priceless
""")
OBJECTS = _words("""
    box key book cup bag lamp map coin ring knife bottle basket hat boot coat chair table mirror
    clock candle letter hammer ladder bucket kettle pan spoon fork plate bowl jug barrel crate chest
    trunk saddle wheel cart anchor sail net hook needle thimble button brooch necklace bracelet crown
    sceptre sword shield helmet lantern telescope compass sundial hourglass globe microscope abacus
    quill inkwell scroll parchment stamp seal locket pendant amulet talisman medallion chalice goblet
    flask urn vase statue figurine gargoyle
""")
ADVERBS = _words("""
    quickly slowly quietly gently carefully soon gladly kindly calmly proudly happily sadly loudly
    softly neatly boldly bravely firmly freely eagerly nervously patiently politely secretly simply
    suddenly thoughtfully warmly wisely angrily anxiously awkwardly briefly briskly busily casually
    cautiously cheerfully cleverly clumsily curiously delicately dutifully earnestly elegantly
    faithfully fearlessly fondly frantically gleefully gracefully greedily grimly hastily honestly
    hungrily innocently jealously joyfully lazily lovingly merrily mindfully modestly obediently
    playfully promptly reluctantly rudely selfishly solemnly steadily sternly swiftly tenderly
    tirelessly triumphantly vainly zealously zestfully
""")
VERBS = _words("""
    took admired cleaned opened carried washed dried lifted turned held touched showed hid moved
    pushed pulled dropped filled emptied closed shook kissed hugged wrapped covered buried sold
    traded offered weighed measured counted drew sketched described named praised studied inspected
    examined tested repaired mended fixed oiled sanded scrubbed wiped rinsed soaked heated cooled
    loosened straightened sharpened balanced rolled tossed threw caught juggled spun rocked swung
    dragged hauled hoisted lowered fastened tied untied knotted unwrapped unfolded dismantled
    assembled patched engraved decorated enamelled
""")
CREATURES = _words("""
    bird horse fox bear wolf deer boy girl man woman king queen knight witch wizard giant dwarf
    dragon ghost thief stranger traveller pilgrim merchant soldier captain pirate prince princess
    beggar monk priest poet singer dancer juggler clown magician fisherman trapper woodcutter
    ploughman watchman messenger herald jester squire baron duke countess hermit prophet
    scholar philosopher mathematician minstrel badger beaver weasel squirrel hedgehog lynx
    raven heron stork swan crane crow magpie woodpecker nightingale kingfisher buzzard vulture
    salamander basilisk griffin phoenix unicorn centaur
""")
GIFTS = _words("""
    water bread food milk money help gold wine salt sugar tea coffee paper ink wood stone straw wool
    silk linen leather rope thread cloth iron copper tin brass glass clay sand coal oil wax soap
    medicine bandages blankets candles matches nails screws blossoms seeds flowers
    roses lilies tulips daisies violets ferns moss ivy thyme mint basil saffron pepper cinnamon
    ginger nutmeg cloves vanilla amber ivory pearls rubies emeralds sapphires diamonds opals
    incense myrrh feathers ribbons marbles riddles ballads secrets prophecies
""")
FEELINGS = _words("""
    happy tired proud content sad glad hungry sleepy calm lucky lonely brave curious worried grateful
    hopeful surprised cheerful relieved thirsty peaceful puzzled ashamed excited homesick jealous
    confident thoughtful nostalgic wistful serene giddy gloomy bewildered ecstatic melancholy
    triumphant dismayed enchanted euphoric
""")

SETTINGS = {
    "valley": _words("in the valley"),
    "coast": _words("on the coast"),
    "mountains": _words("among the mountains"),
    "desert": _words("across the desert"),
}
LANDMARKS = {
    "valley": _words("""
        mill river bridge church market well orchard barn inn school forest meadow pond hedge ford
        vineyard
    """),
    "coast": _words("""
        harbour beach lighthouse pier dunes cliff lagoon jetty reef boathouse estuary saltworks buoy
        breakwater tidepool wreck
    """),
    "mountains": _words("""
        summit cave waterfall ridge glacier gorge chalet quarry mine pass tunnel cairn ravine peak
        crevasse moraine
    """),
    "desert": _words("""
        oasis caravan campfire temple canyon palms ruins tent cistern obelisk watchtower minaret
        mirage pyramid sandstorm sphinx
    """),
}
REQUESTS = {
    "valley": _words("asked for"),
    "coast": _words("sang about"),
    "mountains": _words("dreamed of"),
    "desert": _words("whispered of"),
}
