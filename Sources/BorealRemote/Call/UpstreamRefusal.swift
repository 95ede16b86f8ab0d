/// What an answer with a status other than 2xx says, whoever sent it.
///
/// It is read from the status, the headers and the body by whoever knows the service; what follows
/// from it (another try, a smaller batch, another provider) is decided by the dispatcher alone.
package struct UpstreamRefusal: Equatable, Sendable {
    package var status: Int
    /// The service's own words: cleaned, at most 256 bytes.
    package var text: String
    /// `Retry-After` and its like: milliseconds from now, nil when nothing was demanded.
    package var waitMilliseconds: Int?
    /// The service blames the number of inputs, of tokens or of bytes in the request.
    package var isAboutSize = false
    /// A quota, a balance or a limit of usage is used up: no wait of seconds helps.
    package var isQuotaUsedUp = false
    /// The service's filter held the content back: the row is FILTERED.
    package var isFiltered = false

    package init(status: Int, text: String) {
        self.status = status
        self.text = text
    }
}
