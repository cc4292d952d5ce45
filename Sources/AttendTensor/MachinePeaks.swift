import AttendBase
import CAttend

/// What this machine can do at best with the threads in use, measured.
package struct MachinePeaks: Sendable {
  /// Reading memory once from end to end, in bytes per second.
  package let bytesPerSecond: Double
  /// Multiplying and adding float32 in registers, in operations per second.
  package let operationsPerSecond: Double

  /// The best of a few rounds, as far as other programs let them.
  /// - Parameter bytes: how much is read; small amounts stay in caches.
  /// - Throws: `limit-exceeded` when there is no memory for it.
  package static func measure(bytes: Int) throws(AttendError) -> MachinePeaks {
    let threads = Hardware.threads
    let part = max(bytes / threads, 1)
    guard let memory = at_alloc(part * threads) else {
      throw AttendError(.limitExceeded, "no memory for \(bytes) bytes to read", hint: "close other programs")
    }
    defer { at_free(memory, part * threads) }
    // Pages exist once they are written, and each thread writes its own.
    onEveryThread { memory.advanced(by: $0 * part).initializeMemory(as: UInt8.self, repeating: 1, count: part) }
    var (read, computed) = (Double.infinity, Double.infinity)
    let rounds = 200_000
    for _ in 0..<7 {
      let sums = Locked(UInt64(0))
      read = min(
        read,
        seconds {
          onEveryThread { thread in
            let sum = at_peak_read(memory.advanced(by: thread * part), part)
            sums.withLock { $0 &+= sum }
          }
        })
      computed = min(computed, seconds { onEveryThread { _ in _ = at_peak_f32(rounds) } })
    }
    return MachinePeaks(
      bytesPerSecond: Double(part * threads) / read,
      operationsPerSecond: at_peak_f32(1) * Double(rounds * threads) / computed)
  }

  private static func onEveryThread(_ body: (Int) -> Void) {
    parallelFor(Hardware.threads, grain: 1) { range in
      for thread in range { body(thread) }
    }
  }

  private static func seconds(_ body: () -> Void) -> Double {
    let start = at_nanoseconds()
    body()
    return Double(at_nanoseconds() - start) / 1e9
  }
}
