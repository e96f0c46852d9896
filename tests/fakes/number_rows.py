"""Numbers that callers leave, under the policies of four sites, and what becomes of each.

A row: what was keyed or sent as caller id; the policy; the number as dialled, or why it is refused. No number is somebody's:
they are made up of the plans' own examples and of runs of one digit.
"""

from ivr.numbers import Refusal
from ivr.policy import CallerPolicy

CN = CallerPolicy(area_code="0571", own_lines=("95598", "0571-87654321"))
CN_ABROAD = CallerPolicy(area_code="0571", allow_international=True)
CN_PLAN = CallerPolicy(
    area_code="0571",
    own_lines=("95598", "0571-87654321"),
    premium_prefixes=("0571888", "+8529"),
    allow_prefixes=("400", "0571888", "057196", "+852", "+870"),
    service_codes=("12345", "95598"),
)
CN_LAND = CallerPolicy(area_code="0571", allow_mobile=False)
DE = CallerPolicy(country="DE", area_code="030", service_prefixes=())
GB = CallerPolicy(country="GB", service_prefixes=())
US = CallerPolicy(country="US", area_code="212", service_prefixes=())
US_ISLANDS = CallerPolicy(country="US", service_prefixes=(), allow_prefixes=("809",))

R = Refusal
Row = tuple[str, CallerPolicy, str | Refusal]
ROWS: tuple[Row, ...] = (
    # mainland China, taken: every form in which a carrier or a caller gives it
    ("13912345678", CN, "13912345678"),
    ("+8613912345678", CN, "13912345678"),
    ("8613912345678", CN, "13912345678"),
    ("008613912345678", CN, "13912345678"),
    ("013912345678", CN, "13912345678"),  # 0 before a mobile, as from another city
    ("17012345678", CN, "17012345678"),  # virtual carriers
    ("17112345678", CN, "17112345678"),
    ("19912345678", CN, "19912345678"),
    ("88886666", CN, "057188886666"),  # local: gets the site's area code
    ("057188886666", CN, "057188886666"),
    ("02188886666", CN, "02188886666"),
    ("8657188886666", CN, "057188886666"),
    ("8008205555", CN, "8008205555"),  # 800: free of charge
    # … emergency, whatever stands in the policy
    ("110", CN, R.EMERGENCY),
    ("119", CN, R.EMERGENCY),
    ("120", CN, R.EMERGENCY),
    ("122", CN, R.EMERGENCY),
    ("112", CN, R.EMERGENCY),
    ("999", CN, R.EMERGENCY),
    ("911", CN, R.EMERGENCY),
    ("+110", CN, R.EMERGENCY),
    ("0571110", CN, R.INVALID),  # behind an area code it is no number
    # … short and service numbers
    ("12345", CN, R.SHORT),
    ("10086", CN, R.SHORT),
    ("95598", CN, R.SHORT),
    ("95588", CN, R.SHORT),
    ("96123", CN, R.SHORT),
    ("114", CN, R.SHORT),
    ("1", CN, R.SHORT),
    ("955889", CN, R.SHORT),
    ("1008611", CN, R.INVALID),
    ("057195598", CN, R.OWN_LINE),  # the same behind an area code
    ("02195598", CN, R.PREMIUM),
    ("057112345", CN, R.INVALID),
    ("02196123", CN, R.PREMIUM),
    ("057196812345", CN, R.PREMIUM),
    # … premium and shared cost
    ("4008205555", CN, R.PREMIUM),
    ("04008205555", CN, R.PREMIUM),
    ("+864008205555", CN, R.PREMIUM),
    ("16812345", CN, R.PREMIUM),
    ("057116812345", CN, R.PREMIUM),
    ("16012345", CN, R.PREMIUM),
    # … incomplete, too long, no such number
    ("139123456", CN, R.INVALID),
    ("139123456789", CN, R.INVALID),
    ("1795113912345678", CN, R.INVALID),  # a prefix of another carrier
    ("00", CN, R.SHORT),
    ("00000000", CN, R.INVALID),
    ("99999999999999999999", CN, R.INVALID),
    ("+99999999999999999999", CN, R.INVALID),
    ("0" * 40, CN, R.INVALID),
    # … the hotline itself
    ("87654321", CN, R.OWN_LINE),
    ("057187654321", CN, R.OWN_LINE),
    ("+8657187654321", CN, R.OWN_LINE),
    ("8657187654321", CN, R.OWN_LINE),
    # … abroad
    ("+14155552671", CN, R.INTERNATIONAL),
    ("0014155552671", CN, R.INTERNATIONAL),
    ("+85221234567", CN, R.INTERNATIONAL),
    ("+85366123456", CN, R.INTERNATIONAL),
    ("+886912345678", CN, R.INTERNATIONAL),
    ("+870773111632", CN, R.INTERNATIONAL),  # satellite
    ("+881612345678", CN, R.INTERNATIONAL),
    ("0014155552671", CN_ABROAD, "+14155552671"),
    ("+85221234567", CN_ABROAD, "+85221234567"),
    ("+870773111632", CN_ABROAD, R.INTERNATIONAL),  # no country: stays closed
    ("+8821621111", CN_ABROAD, R.INTERNATIONAL),
    ("+979123456789", CN_ABROAD, R.INTERNATIONAL),
    ("+4490112345678", CN_ABROAD, R.INVALID),
    ("+449011234567", CN_ABROAD, R.PREMIUM),
    ("+491641234567", CN_ABROAD, R.PREMIUM),  # a pager
    # … the site's own plan
    ("4008205555", CN_PLAN, "4008205555"),
    ("057196812345", CN_PLAN, "057196812345"),
    ("057188886666", CN_PLAN, R.PREMIUM),  # closed beats open
    ("88886666", CN_PLAN, R.PREMIUM),
    ("+85221234567", CN_PLAN, "+85221234567"),  # one country is open
    ("+85291234567", CN_PLAN, R.PREMIUM),  # but for a part of it
    ("+85290012345678", CN_PLAN, R.PREMIUM),
    ("+870773111632", CN_PLAN, "+870773111632"),
    ("+14155552671", CN_PLAN, R.INTERNATIONAL),
    ("12345", CN_PLAN, "12345"),
    ("+12345", CN_PLAN, R.SHORT),
    ("95598", CN_PLAN, R.OWN_LINE),  # a short number that is the hotline's own stays closed
    ("110", CN_PLAN, R.EMERGENCY),
    ("13912345678", CN_LAND, R.MOBILE),
    ("88886666", CN_LAND, "057188886666"),
    # what is no number at all
    ("", CN, R.NOT_A_NUMBER),
    ("+", CN, R.NOT_A_NUMBER),
    ("anonymous", CN, R.NOT_A_NUMBER),
    ("139*2345678", CN, R.NOT_A_NUMBER),
    ("13912345678#", CN, R.NOT_A_NUMBER),
    ("13912345678#12", CN, R.NOT_A_NUMBER),
    ("88886666;ext=12", CN, R.NOT_A_NUMBER),
    ("88886666-12", CN, R.NOT_A_NUMBER),
    ("88886666x12", CN, R.NOT_A_NUMBER),
    ("88886666,,12", CN, R.NOT_A_NUMBER),
    (" 13912345678", CN, R.NOT_A_NUMBER),
    ("139 1234 5678", CN, R.NOT_A_NUMBER),
    ("+86+13912345678", CN, R.NOT_A_NUMBER),
    ("13912345678&Local/95598@x", CN, R.NOT_A_NUMBER),
    ("13912345678,30,g", CN, R.NOT_A_NUMBER),
    ("13912345678\n", CN, R.NOT_A_NUMBER),
    ("13912345678\r\nAction: Originate", CN, R.NOT_A_NUMBER),
    ("${SHELL(id)}", CN, R.NOT_A_NUMBER),
    ("13912345678)", CN, R.NOT_A_NUMBER),
    ("13912345678\x00", CN, R.NOT_A_NUMBER),
    ("139123４5678", CN, R.NOT_A_NUMBER),  # a digit, but not of ASCII
    ("١٣٩١٢٣٤٥٦٧٨", CN, R.NOT_A_NUMBER),
    ("tel:13912345678", CN, R.NOT_A_NUMBER),
    # Germany
    ("015112345678", DE, "015112345678"),
    ("+4915112345678", DE, "015112345678"),
    ("03012345678", DE, "03012345678"),
    ("12345678", DE, "03012345678"),
    ("08001234567", DE, "08001234567"),
    ("09001234567", DE, R.PREMIUM),
    ("018012345678", DE, R.PREMIUM),
    ("01371234567", DE, R.PREMIUM),
    ("070012345678", DE, R.PREMIUM),
    ("016812345678", DE, R.PREMIUM),  # a pager
    ("116117", DE, R.SHORT),
    ("112", DE, R.EMERGENCY),
    # United Kingdom: islands behind the same country code are abroad, and dear
    ("02079460000", GB, "02079460000"),
    ("+447400123456", GB, "07400123456"),
    ("03001234567", GB, "03001234567"),
    ("09011234567", GB, R.PREMIUM),
    ("08451234567", GB, R.PREMIUM),
    ("07012345678", GB, R.PREMIUM),
    ("07624123456", GB, R.INTERNATIONAL),
    ("07797712345", GB, R.INTERNATIONAL),
    ("999", GB, R.EMERGENCY),
    # United States: so is half of the Caribbean
    ("2125552368", US, "2125552368"),
    ("12125552368", US, "2125552368"),
    ("5552368", US, "2125552368"),
    ("8002345678", US, "8002345678"),
    ("9002345678", US, R.PREMIUM),
    ("5002345678", US, R.PREMIUM),
    ("8092345678", US, R.INTERNATIONAL),
    ("8762345678", US, R.INTERNATIONAL),
    ("011442079460000", US, R.INTERNATIONAL),
    ("9115552368", US, R.INVALID),
    ("911", US, R.EMERGENCY),
    ("8092345678", US_ISLANDS, "8092345678"),
    ("8762345678", US_ISLANDS, R.INTERNATIONAL),
)
