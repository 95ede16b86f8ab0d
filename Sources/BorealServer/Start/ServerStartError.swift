/// Why a server does not start; each prints as one sentence for the person at the shell.
public enum ServerStartError: Error, Sendable {
    /// Another process holds the data directory.
    case directoryInUse(path: String, processID: Int32)
    /// The directory, the catalog or the tables cannot be used.
    case storage(String)
    /// An address cannot be listened on.
    case cannotListen(address: String, reason: String)
    /// A file the server writes at start cannot be written.
    case cannotWrite(path: String, reason: String)
    /// Settings that contradict each other or the situation.
    case settings(String)

    /// The sentence.
    public var message: String {
        switch self {
        case .directoryInUse(let path, let processID):
            "'\(path)' is in use by the server with process id \(processID)"
        case .storage(let sentence): sentence
        case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
        case .cannotWrite(let path, let reason): "cannot write '\(path)': \(reason)"
        case .settings(let sentence): sentence
        }
    }
}
