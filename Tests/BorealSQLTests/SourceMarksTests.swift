import Testing

@testable import BorealSQL

/// What words show of a text that may be another server's.
@Suite struct SourceMarksTests {
    private func marks(_ text: String) -> SourceMarks { SourceMarks(Array(text.utf8)) }

    @Test(
        "databases of this server's are found by name, and nothing that looks like them",
        arguments: [
            ("SELECT * FROM local.t", true), ("SELECT * FROM `local`.`t`", true),
            ("select 1 from LOCAL . t", true), ("SELECT * FROM boreal_ai.providers", true),
            ("SHOW TABLES FROM local", true), ("SHOW TABLES FROM polar4ai", true),
            ("DROP TABLE Polar4AI.x", true), ("SELECT local FROM t", false),
            ("LOAD DATA LOCAL INFILE 'x' INTO TABLE t", false), ("SET LOCAL a = 1", false),
            ("SELECT @@local.sql_mode", false), ("SELECT 'local.t'", false),
            ("SELECT \"boreal_ai.x\"", false), ("SELECT 1 -- local.t", false),
            ("SELECT 1 /* local.t */", false), ("SELECT 1 # local.t", false),
            ("SELECT boreal_xy, polar5ai FROM t", false), ("SELECT 'it\\'s local.t'", false),
            ("SELECT 'it''s local.t'", false), ("SELECT 1 /*! FROM local.t */", true),
        ]
    )
    func names(_ text: String, _ isOurs: Bool) {
        #expect(marks(text).namesOurs == isOurs, "\(text)")
    }

    @Test(
        "words of statements on models are found outside strings and comments",
        arguments: [
            ("CREATE MODEL m WITH (a=1)", true), ("SELECT * FROM PREDICT(MODEL m, SELECT 1)", true),
            ("SHOW TASKS", true), ("DEPLOY MODEL m", true), ("SELECT a FROM model", true),
            ("SELECT 'model'", false), ("SELECT models2 FROM t", false), ("SELECT 1", false),
            ("SELECT deploy FROM t", false), ("SELECT * FROM IV(SELECT 1)", true),
        ]
    )
    func models(_ text: String, _ mayBe: Bool) {
        #expect(marks(text).mayBeModel == mayBe, "\(text)")
    }

    @Test("the first words tell statements that are always this server's")
    func beginnings() {
        for text in ["CREATE MODEL x", "drop model x", " /* c */ ALTER MODEL x", "UPLOAD MODEL x"] {
            #expect(marks(text).beginsWithModel, "\(text)")
        }
        for text in ["CREATE TABLE model", "SELECT model", "SHOW MODELS", "CREATE `model`"] {
            #expect(!marks(text).beginsWithModel, "\(text)")
        }
        for text in ["CREATE SOURCE s", "alter source", "CREATE OR REPLACE SOURCE x (URL 'p')"] {
            #expect(marks(text).definesSource && marks(text).mayBeOurs, "\(text)")
        }
        for text in ["DROP SOURCE s", "CREATE TABLE source", "SELECT source", "CREATE `source`"] {
            #expect(!marks(text).definesSource, "\(text)")
        }
        #expect(marks("DROP SOURCE s").mayBeModel && marks("SHOW SOURCES").mayBeModel)
        #expect(marks("KILL QUERY 5").isKill && marks("shutdown").isShutdown)
        #expect(marks("USE local").usesOurs && !marks("USE shop").usesOurs)
        #expect(marks("SHOW WARNINGS").showsWarnings && marks("show errors limit 1").showsWarnings)
        #expect(!marks("SHOW TABLES").showsWarnings && marks("SET @a = 1").isSet)
        #expect(
            marks(" /*polar4ai*/ SELECT 1").isHinted && !marks("SELECT /*polar4ai*/ 1").isHinted
        )
    }

    @Test("calls of models, tables, and several statements")
    func shapes() {
        let call = marks("SELECT PREDICT_ROW('m', a) FROM t")
        #expect(call.callsModel && call.readsTables)
        let alone = marks("SELECT ai_generate('m', 'from t')")
        #expect(alone.callsModel && !alone.readsTables)
        #expect(!marks("SELECT ai_count, predict_row FROM t").callsModel)
        #expect(marks("SELECT 1; SELECT 2").isSeveral && !marks("SELECT ';' ; ").isSeveral)
        #expect(!marks("SELECT 1").mayBeOurs && marks("SHOW MODEL m").mayBeOurs)
    }

    @Test("a backslash ends nothing where it means itself")
    func escapes() {
        let text = Array(#"SELECT '\' FROM local.t WHERE a = '\'"#.utf8)
        #expect(SourceMarks(text, escapes: false).namesOurs)
        #expect(!SourceMarks(text).namesOurs)
    }

    @Test("texts that end in the middle of anything are looked through")
    func unfinished() {
        for text in ["'", "\"a", "`", "`a", "/*", "/", "-", "--", "#", "\\", "'\\", "@", "", ";"] {
            #expect(!marks("SELECT 1 " + text).namesOurs)
        }
        #expect(marks("/*").isHinted == false)
    }
}
