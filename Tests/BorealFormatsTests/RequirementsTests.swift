import Testing

@testable import BorealFormats

@Suite struct RequirementsTests {
    @Test("pinned packages are read, everything else is passed over")
    func pins() {
        let text = """
            # made by pip freeze
            lightgbm==3.3.3
            Scikit_Learn [extra] == 1.3.2 ; python_version > '3.8'  # why
            numpy>=1.20
            -r other.txt
            xgboost===2.0.1
            pandas==
            git+https://example.com/a?b==c
            """
        let found = Requirements(text.utf8).pins
        #expect(found["lightgbm"] == "3.3.3")
        #expect(found["scikit-learn"] == "1.3.2")
        #expect(found["xgboost"] == "2.0.1")
        #expect(found["numpy"] == nil)
        #expect(found["pandas"] == nil)
    }

    @Test(
        "another release than the file's is a warning",
        arguments: [
            ("xgboost==1.7.6", 0), ("xgboost==1.7.1", 0), ("xgboost==2.1.0", 1), ("numpy==1.0", 0),
            ("XGBoost==3.0.5", 1),
        ]
    )
    func releases(text: String, count: Int) throws {
        let inspection = try Zoo.model("xgb176-json-gblinear").inspection
        let warnings = Requirements(text.utf8).warnings(for: inspection)
        #expect(warnings.count == count, "\(warnings)")
        if count > 0 { #expect(warnings[0].contains("written by 1.7")) }
    }

    @Test("a format that carries no release warns of nothing")
    func formats() throws {
        let inspection = try Zoo.model("lgb460-txt-l1").inspection
        #expect(Requirements("lightgbm==2.0.0".utf8).warnings(for: inspection).isEmpty)
    }
}
