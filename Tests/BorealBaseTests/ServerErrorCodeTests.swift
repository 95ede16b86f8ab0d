import Testing

@testable import BorealBase

@Suite struct ServerErrorCodeTests {
    @Test(
        "every SQLSTATE has five upper-case letters or digits",
        arguments: ServerErrorCode.allCases
    )
    func states(code: ServerErrorCode) {
        #expect(code.sqlState.utf8.count == 5)
        #expect(code.sqlState.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase) })
        #expect(code.sqlState != "00000")
    }

    @Test("the dialect's numbers have the general state, and its range is theirs alone")
    func ownNumbers() {
        let own = ServerErrorCode.allCases.filter { $0.rawValue >= 9_000 }
        #expect(own.count == 16 && own.allSatisfy { $0.sqlState == "HY000" })
    }

    @Test("an error prints as the command line client prints it")
    func printed() {
        let error = ServerError(.noSuchTable, "Table 'd.t' doesn't exist")
        #expect(error.description == "ERROR 1146 (42S02): Table 'd.t' doesn't exist")
    }
}
