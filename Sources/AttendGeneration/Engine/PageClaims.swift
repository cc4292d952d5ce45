/// Who computes which page: of requests that start alike and read at the same time one computes what they share, the
/// others wait for its pages.
///
/// A request waits only at the page that it needs next, and only for the one that has claimed it. That one has the same
/// beginning and needs the same page or an earlier one, so somebody always goes on.
struct PageClaims {
  private var owners: [UInt64: Int] = [:]

  /// Claims a page for a request.
  /// - Returns: whether it is the request's now; false when another one computes it.
  mutating func claim(_ name: UInt64, for request: RunningRequest) -> Bool {
    if let owner = owners[name] { return owner == request.number }
    owners[name] = request.number
    return true
  }

  /// A request computes nothing more that others wait for.
  mutating func release(_ request: RunningRequest) {
    for name in request.names.names where owners[name] == request.number { owners[name] = nil }
  }
}
