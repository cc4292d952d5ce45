import AttendBase

/// A counter that threads wait for: each `raise` lets one `wait` pass.
package struct Signal: Sendable {
  private let count = Monitor(0)

  package init() {}

  package func raise() { count.change { $0 += 1 } }

  package func wait() {
    count.wait { count -> Void? in
      guard count > 0 else { return nil }
      count -= 1
      return ()
    }
  }
}
