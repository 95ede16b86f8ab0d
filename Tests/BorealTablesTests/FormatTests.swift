import BorealBase
import Testing

@testable import BorealTables

@Suite struct FormatTests {
    private let moment = CalendarTime.parse("2009-10-04 22:23:00.012345")?.value ?? CalendarTime()

    @Test("numbers are grouped as their locale has it")
    func numbers() {
        let cases = [
            ("en_US", "-1,234,567.50"), ("de_DE", "-1.234.567,50"), ("DE_CH", "-1'234'567.50"),
            ("en_in", "-12,34,567.50"), ("fr_FR", "-1234567,50"), ("sv_SE", "-1 234 567,50"),
        ]
        for (name, expected) in cases {
            #expect(NumberLocale(name)?.written("-1234567.50") == expected, "\(name)")
        }
        #expect(NumberLocale("xx_XX") == nil)
        #expect(NumberLocale.english.written("0") == "0")
    }

    @Test("every locale has twelve months and seven days, with and without short names")
    func locales() {
        var count = 0
        for row in LocaleNameTable.rows {
            for name in row.locales.split(separator: " ") {
                count += 1
                #expect(TimeLocale(String(name)) != nil, "\(name)")
                #expect(NumberLocale(String(name)) != nil, "\(name)")
            }
        }
        #expect(count == 111)
        #expect(TimeLocale("DE_at")?.months.first == "Jänner")
        #expect(TimeLocale("de") == nil)
        #expect(TimeLocale.canonicalName("ja_jp") == "ja_JP")
    }

    @Test("a part of a date without an answer makes the whole format NULL")
    func dates() {
        let english = DateFormat(locale: .english)
        #expect(
            english.format(moment, "%W %M %Y, %j, %x-%v") == "Sunday October 2009, 277, 2009-40"
        )
        #expect(english.format(moment, "%D %l%p %f %%%q %") == "4th 10PM 012345 %q %")
        #expect(english.format(CalendarTime(), "%M") == nil)
        #expect(english.format(CalendarTime(), "%a") == nil)
        #expect(english.format(moment, "") == nil)
        let time = DateFormat(locale: .english, isTime: true)
        #expect(time.format(moment, "%H:%i") == "22:23")
        #expect(time.format(moment, "%j") == nil)
        let japanese = DateFormat(locale: TimeLocale("ja_JP") ?? .english)
        #expect(japanese.format(moment, "%M%W") == "10月日曜日")
    }

    @Test("texts are read by patterns as MySQL reads them")
    func reading() {
        let cases = [
            ("2013-05-01", "%Y-%m-%d", "2013-05-01 00:00:00.000000"),
            ("May 1, 13", "%M %d,%y", "2013-05-01 00:00:00.000000"),
            ("1st feb 2024 3:4:5 pm", "%D %b %Y %h:%i:%s %p", "2024-02-01 15:04:05.000000"),
            ("2024 60", "%Y %j", "2024-02-29 00:00:00.000000"),
            ("200442 Monday", "%X%V %W", "2004-10-18 00:00:00.000000"),
            ("10:11:12.5", "%T.%f", "0000-00-00 10:11:12.500000"),
            ("12:00:00 AM", "%r", "0000-00-00 00:00:00.000000"),
            ("??2024", "%.%Y", "2024-00-00 00:00:00.000000"),
        ]
        for (text, pattern, expected) in cases {
            let found = DatePattern.read(text, pattern)
            #expect(found?.text(decimals: 6) == expected, "\(text) \(pattern)")
        }
        let misfits = [
            ("abc", "%Y"), ("13:00 PM", "%h:%i %p"), ("10 PM", "%H %p"), ("2024-13-01", "%Y-%m-%d"),
            ("200442 Monday", "%Y%V %W"), ("5", "%q"), ("0", "%V"), ("x", ""), ("61", "%i"),
        ]
        for (text, pattern) in misfits {
            #expect(DatePattern.read(text, pattern) == nil, "\(text) \(pattern)")
        }
    }

    @Test("a pattern decides between DATE, TIME and DATETIME")
    func patternTypes() {
        let cases: [(String, ColumnType.Kind, Int)] = [
            ("%Y-%m-%d", .date, 0), ("%H:%i", .time, 0), ("%Y %H", .dateTime, 0),
            ("%s.%f", .time, 6),
            ("%d %H", .time, 0), ("%Y %f", .dateTime, 6), ("nothing", .date, 0),
        ]
        for (pattern, kind, decimals) in cases {
            let type = DatePattern.typeRead(by: pattern)
            #expect(type.kind == kind && type.decimals == decimals, "\(pattern)")
        }
    }

    @Test("digits of the second are those that are written")
    func fractions() {
        let cases = [
            ("10:11:12.5", 1), ("2024-01-01 10:11:12.1234567", 6), ("12.50", 2), ("2024.01.02", 0),
            ("10:11:12", 0), ("", 0), ("10:11:12.", 0),
        ]
        for (text, digits) in cases {
            #expect(CalendarTime.fractionDigits(text) == digits, "\(text)")
        }
        #expect(CalendarTime.isMoment("2024-01-01 00:00"))
        #expect(!CalendarTime.isMoment("2024-01-01"))
    }

    @Test("RAND(seed) gives MySQL's sequence, row by row")
    func random() throws {
        var state = SeededRandom(1)
        #expect(state.next() == 0.40540353712197724)
        #expect(state.next() == 0.8716141803857071)
        let tables = try TableHarness()
        let query = "SELECT RAND(1) FROM (SELECT 1 UNION ALL SELECT 2) t"
        #expect(tables.outcome(query) == "0.40540353712197724;0.8716141803857071")
        #expect(tables.outcome(query) == "0.40540353712197724;0.8716141803857071")
    }

    @Test("real numbers with fixed digits are rounded in decimal")
    func fixedNumbers() {
        let cases = [
            (1.5, 3, "1.500"), (-0.0001, 2, "0.00"), (1e20, 0, "100000000000000000000"),
            (2.345, 2, "2.35"), (3.141592653589793, 6, "3.141593"),
        ]
        for (value, decimals, expected) in cases {
            #expect(NumberText.fixed(value, decimals) == expected)
        }
    }
}
