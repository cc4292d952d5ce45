import AttendBase
import AttendNN
import AttendTensor

/// Sums gradients over processes while the backward pass still computes others.
///
/// Gradients are collected in buckets in the order in which the backward pass makes them, the last layer's first. A full
/// bucket travels on a thread of its own. Buckets leave in their order, whatever the order of their gradients, so all
/// processes send the same messages one after another. Li et al. 2020, arXiv:2006.15704.
final class GradientExchange: @unchecked Sendable {
  // Sendable: buckets are filled by the thread that computes and, once sent, touched by the sending thread alone until
  // `finish` has waited for it; `failure` and `arrived` are locked.

  private final class Bucket {
    let names: [String]
    let offsets: [Int]
    let values: UnsafeMutableBufferPointer<Float>
    var missing: Int

    init(_ members: [(name: String, count: Int)]) {
      names = members.map(\.name)
      var offsets: [Int] = []
      var total = 0
      for member in members {
        offsets.append(total)
        total += member.count
      }
      self.offsets = offsets
      values = .allocate(capacity: max(total, 1))
      values.initialize(repeating: 0)
      missing = members.count
    }

    deinit { values.deallocate() }
  }

  private let collective: any Collective
  private let thread: ComputeThread
  private let buckets: [Bucket]
  private let places: [String: (bucket: Int, member: Int)]
  private let shapes: [String: Shape]
  private var sent = 0
  private let outcome = Locked<(arrived: Int, failure: AttendError?)>((0, nil))
  private let arrival = Signal()

  /// - Parameter bucketBytes: large enough that a message's own cost is small, small enough that the first one leaves
  ///   early.
  init(_ parameters: Parameters, over collective: any Collective, bucketBytes: Int = 4 << 20) throws(AttendError) {
    self.collective = collective
    thread = try ComputeThread(name: "attend-exchange")
    var buckets: [Bucket] = []
    var places: [String: (bucket: Int, member: Int)] = [:]
    var shapes: [String: Shape] = [:]
    var members: [(name: String, count: Int)] = []
    var bytes = 0
    func close() {
      guard !members.isEmpty else { return }
      for (index, member) in members.enumerated() { places[member.name] = (buckets.count, index) }
      buckets.append(Bucket(members))
      (members, bytes) = ([], 0)
    }
    for name in parameters.names.reversed() {
      guard let tensor = parameters[name] else { continue }
      shapes[name] = tensor.shape
      members.append((name, tensor.count))
      bytes += tensor.count * 4
      if bytes >= bucketBytes { close() }
    }
    close()
    self.buckets = buckets
    self.places = places
    self.shapes = shapes
  }

  /// A gradient is complete.
  func add(_ name: String, _ gradient: Tensor) {
    guard let place = places[name] else { return }
    let bucket = buckets[place.bucket]
    let start = bucket.offsets[place.member]
    gradient.withFloats { values in
      if let base = bucket.values.baseAddress { (base + start).update(from: values, count: gradient.count) }
    }
    bucket.missing -= 1
    while sent < buckets.count, buckets[sent].missing == 0 {
      send(buckets[sent])
      sent += 1
    }
  }

  private func send(_ bucket: Bucket) {
    nonisolated(unsafe) let values = bucket.values
    let (collective, outcome, arrival) = (collective, outcome, arrival)
    thread.enqueue {
      var failure = outcome.withLock { $0.failure }
      if failure == nil {
        do throws(AttendError) { try collective.sum(values) } catch { failure = error }
      }
      let result = failure
      outcome.withLock { outcome in
        outcome.arrived += 1
        outcome.failure = result
      }
      arrival.raise()
    }
  }

  /// Waits for what is on its way.
  /// - Returns: the gradients summed over all processes, in the order of `names`.
  /// - Throws: `system` when another process is lost.
  func finish(_ names: [String]) throws(AttendError) -> Parameters {
    // A parameter that the loss does not depend on has no gradient: its place still holds zeros.
    while sent < buckets.count {
      send(buckets[sent])
      sent += 1
    }
    while outcome.withLock({ $0.arrived }) < buckets.count { arrival.wait() }
    let failure = outcome.withLock { outcome in
      let failure = outcome.failure
      outcome = (0, failure)
      return failure
    }
    if let failure { throw failure }
    var result = Parameters()
    for name in names {
      guard let place = places[name], let shape = shapes[name] else { continue }
      let bucket = buckets[place.bucket]
      let count = shape.elementCount
      result[name] = Tensor.uninitialized(shape) { out in
        if let base = bucket.values.baseAddress {
          out.copyMemory(from: base + bucket.offsets[place.member], byteCount: count * 4)
        }
      }
    }
    sent = 0
    for bucket in buckets {
      bucket.missing = bucket.names.count
      bucket.values.update(repeating: 0)
    }
    return result
  }
}
