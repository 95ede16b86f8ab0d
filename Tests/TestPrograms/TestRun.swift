import Foundation
import Glibc

/// One run of the tests: what it makes on the disk goes away with the test process.
public enum TestRun {
    /// The folder for what tests and the programs that they start write; with a slash at its end. A
    /// run that crashes or is killed leaves it there, with the logs of its servers.
    public static let folder: String = {
        atexit {
            ChildProcess.endAll()
            // A folder that stays costs some disk and nothing else.
            try? FileManager.default.removeItem(atPath: TestRun.folder)
        }
        var template = Array((NSTemporaryDirectory() + "boreal-tests-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            preconditionFailure("there is no place for the files of tests")
        }
        let path = template.dropLast().map { UInt8(bitPattern: $0) }
        return String(decoding: path, as: UTF8.self) + "/"
    }()
}
