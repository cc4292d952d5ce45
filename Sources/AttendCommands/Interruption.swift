import AttendBase

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Ctrl-C. The first one stops what runs; when nothing does, or at the second one, the program ends.
final class Interruption: Sendable {
  static let shared = Interruption()
  /// What a shell reports for a program that SIGINT has ended.
  static let exitCode: Int32 = 130

  private let stop = Locked<(@Sendable () -> Void)?>(nil)
  private let isInstalled = Locked(false)

  /// Starts to listen.
  func install() {
    let isFirst = isInstalled.withLock { isInstalled in
      defer { isInstalled = true }
      return !isInstalled
    }
    // A reader that has gone shows as an error of `write` instead.
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [-1, -1]
    // Without pipe or thread the signal ends the process as ever.
    guard isFirst, pipe(&ends) == 0, let thread = try? ComputeThread(name: "attend-signals") else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    wakeUp = ends[1]
    let listening = ends[0]
    thread.enqueue { self.listen(listening) }
    signal(SIGINT, wakeListener)
  }

  /// Takes a request to end (SIGTERM, as job schedulers send it) like Ctrl-C from now on.
  func listenToTermination() {
    if wakeUp >= 0 { signal(SIGTERM, wakeListener) }
  }

  private func listen(_ descriptor: Int32) {
    var byte: UInt8 = 0
    while true {
      let count = read(descriptor, &byte, 1)
      if count < 0, errno == EINTR { continue }
      guard count == 1 else { return }
      let stop = stop.withLock { stop in
        defer { stop = nil }
        return stop
      }
      guard let stop else { _exit(Self.exitCode) }
      stop()
    }
  }

  /// Runs `body`; Ctrl-C meanwhile calls `stop`, once.
  func handling<Result>(
    _ stop: @escaping @Sendable () -> Void, _ body: () async throws -> Result
  ) async rethrows -> Result {
    self.stop.withLock { $0 = stop }
    defer { self.stop.withLock { $0 = nil } }
    return try await body()
  }
}

/// Where the signal handler writes. Set once, before the handler is in place.
nonisolated(unsafe) private var wakeUp: Int32 = -1

/// A signal handler may do next to nothing: it wakes a thread that may take locks and call closures.
private func wakeListener(_ signal: Int32) {
  let reason = errno
  var byte: UInt8 = 0
  _ = write(wakeUp, &byte, 1)
  errno = reason
}
