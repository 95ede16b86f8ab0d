import BorealBase
import BorealHTTP

/// Which addresses UPLOAD may reach: `upload_private_ip_enabled`.
enum FetchPolicy {
    static func policy(_ settings: Settings) -> AddressPolicy {
        switch settings.text("upload_private_ip_enabled") {
        case "ON": return .includingPrivate
        case "OFF": return .publicOnly
        default:
            let listensOnLoopbackOnly = settings.text("host").split(separator: ",").allSatisfy {
                let host = $0.filter { !$0.isWhitespace }
                return host == "localhost" || host == "::1" || host.hasPrefix("127.")
            }
            return listensOnLoopbackOnly ? .includingPrivate : .publicOnly
        }
    }
}
