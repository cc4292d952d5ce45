/// A line on a terminal's standard error that is written over again and again, at most ten times a second.
final class ProgressLine {
  private let isShown: Bool
  private var last: ContinuousClock.Instant?

  init(isShown: Bool) { self.isShown = isShown && Terminal.errorIsTerminal }

  func show(_ text: @autoclosure () -> String) {
    let now = ContinuousClock.now
    guard isShown, last.map({ now - $0 > .milliseconds(100) }) ?? true else { return }
    last = now
    Terminal.complain("\r\u{1B}[K" + text(), end: "")
  }

  /// Leaves an empty line for what comes next.
  func clear() {
    if last != nil { Terminal.complain("\r\u{1B}[K", end: "") }
  }
}
