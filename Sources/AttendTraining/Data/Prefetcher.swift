import AttendBase

/// Makes the next element on a thread of its own while the current one is used.
package final class Prefetcher<Element: Sendable>: Sendable {
  private let thread: ComputeThread
  private let make: @Sendable () -> Element
  private let ready = Locked<[Element]>([])
  private let signal = Signal()

  /// - Parameters:
  ///   - depth: elements that are made ahead.
  ///   - state: what `next` goes on from; only the thread touches it.
  package init<State: Sendable>(
    depth: Int = 2, _ state: State, next: @escaping @Sendable (inout State) -> Element
  ) throws(AttendError) {
    thread = try ComputeThread(name: "attend-data")
    let state = Locked(state)
    make = {
      // Elements are made one after another: the queue has one thread.
      var current = state.withLock { $0 }
      let element = next(&current)
      let after = current
      state.withLock { $0 = after }
      return element
    }
    for _ in 0..<max(depth, 1) { request() }
  }

  private func request() {
    let (make, ready, signal) = (make, ready, signal)
    thread.enqueue {
      let element = make()
      ready.withLock { $0.append(element) }
      signal.raise()
    }
  }

  /// The next element; waits until it is made.
  package func next() -> Element {
    signal.wait()
    let element = ready.withLock { $0.removeFirst() }
    request()
    return element
  }
}
