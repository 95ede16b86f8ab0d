import COpenSSL
import Glibc

/// The calling thread's queue of OpenSSL's errors. It must be empty before a call whose failure is
/// looked up in it.
enum OpenSSLErrors {
    static func clear() { ERR_clear_error() }

    /// What the first failure was, in OpenSSL's or the system's words; those that follow only say
    /// which calls it made fail. Empties the queue.
    static func takeReason() -> String {
        let code = ERR_peek_error()
        defer { ERR_clear_error() }
        guard code != 0 else { return "no reason given" }
        if ERR_GET_LIB(code) == ERR_LIB_SYS {
            return String(cString: strerror(ERR_GET_REASON(code)))
        }
        guard let text = ERR_reason_error_string(code) else { return "OpenSSL error \(code)" }
        return String(cString: text)
    }
}
