import BorealBase
import BorealCatalog
import BorealSQL
import BorealTables
import Testing

@testable import BorealEngine

@Suite struct GrantObjectTests {
    private static let objects: [(GrantObject, String)] = [
        (.everything, ""), (.database("d"), "`d`.*"), (.database("a`b"), "`a``b`.*"),
        (.database("a\\_%"), "`a\\_%`.*"), (.table("d", "t"), "`d`.`t`"),
        (.table("a.b", "c.*"), "`a.b`.`c.*`"), (.model("m"), "MODEL `m`"),
        (.model("a`"), "MODEL `a```"), (.allModels, "MODEL *"),
        (.database("model *"), "`model *`.*"),
    ]

    @Test("what a right is about is stored as SQL spells it", arguments: objects)
    func spelling(object: GrantObject, text: String) {
        #expect(object.stored == text)
        #expect(GrantObject(stored: text) == object)
    }

    @Test(
        "any other text is nothing",
        arguments: [
            "d", "`d", "`d`", "`d`.", "`d`.`t", "`d`.`t`x", "MODEL ", "MODEL m", "MODEL `m`x",
        ]
    )
    func nonsense(text: String) { #expect(GrantObject(stored: text) == nil) }

    private static let names: [(BorealSQL.AccountName, String?)] = [
        (.init(user: "u"), "u@%"), (.init(user: "u", host: "localhost"), "u@localhost"),
        (.init(user: "u", host: "10.0.0.1"), "u@10.0.0.1"),
        (.init(user: "u", host: "::0001"), "u@::1"),
        (.init(user: "", isCurrentUser: true), "me@%"), (.init(user: ""), nil),
        (.init(user: "u", host: "example.com"), nil), (.init(user: "u", host: "10.0.0.%"), nil),
        (.init(user: "u", host: "10.0.0.256"), nil), (.init(user: "u", host: ""), nil),
    ]

    @Test("a host is everywhere, this machine or an address", arguments: names)
    func hosts(node: BorealSQL.AccountName, expected: String?) {
        let me = BorealCatalog.AccountName(user: "me", host: "%")
        let found = Result { () throws(ServerError) in
            try AccountRequest.newName(node, current: me).plain
        }
        #expect((try? found.get()) == expected)
    }

    private static let policyCases: [([AccountOption], Bool)] = [
        ([.passwordPolicy("PASSWORD EXPIRE")], true),
        ([.passwordPolicy("PASSWORD EXPIRE NEVER")], true),
        ([.passwordPolicy("PASSWORD HISTORY DEFAULT")], true),
        ([.passwordPolicy("PASSWORD REQUIRE CURRENT OPTIONAL")], true),
        ([.passwordPolicy("PASSWORD HISTORY 5")], false),
        ([.passwordPolicy("PASSWORD EXPIRE INTERVAL 90 DAY")], false),
        ([.resource("MAX_QUERIES_PER_HOUR", 0)], true),
        ([.resource("MAX_QUERIES_PER_HOUR", 1)], false),
        ([.attribute("{}")], true), ([.attribute("[]")], false), ([.attribute("{")], false),
        ([.comment(String(repeating: "x", count: 1_025))], false),
    ]

    @Test("a policy that would not be kept is refused", arguments: policyCases)
    func policies(options: [AccountOption], isTaken: Bool) {
        let changes = Result { () throws(ServerError) in try AccountRequest.changes(options) }
        #expect(((try? changes.get()) != nil) == isTaken)
    }

    @Test("attributes are merged, and NULL takes one away")
    func attributes() throws {
        var old = AccountOptions()
        old.attribute = "{\"a\": 1, \"b\": 2}"
        let changes = try AccountRequest.changes([
            .attribute("{\"b\": null, \"c\": 3}"), .comment("x"),
        ])
        let json = try JSON.parse(changes.applied(to: old).attribute)
        #expect(json["a"]?.integer == 1)
        #expect(json["b"] == nil)
        #expect(json["c"]?.integer == 3)
        #expect(json["comment"]?.string == "x")
    }

    @Test("rights are kept while no account changes, and made anew when one has")
    func cache() {
        let cache = RightsCache()
        let name = BorealCatalog.AccountName(user: "ann", host: "%")
        func rights(_ revision: UInt64, _ host: String) -> AccountRights {
            cache.rights(of: nil, name: name, clientHost: host, revision: revision)
        }
        for revision: UInt64 in [1, 1, 3, 2, 3] {
            #expect(rights(revision, "a").clientHost == "a")
            #expect(rights(revision, "b").clientHost == "b")
            #expect(rights(revision, "a").server == [])
        }
    }
}
