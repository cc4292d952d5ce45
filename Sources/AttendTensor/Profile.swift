import CAttend

/// What the operations of one thread cost, kind by kind: time, bytes, arithmetic, parallel regions and allocations.
///
/// Operations of any model report to the profile that runs on their own thread. Without one that is a load and a
/// comparison, and a profile on another thread never sees them.
package final class Profile {
  /// What an operation does, whatever the model calls it.
  package enum Kind: String, Sendable, CaseIterable {
    case lookup, norm, product, rotary
    case cacheWrite = "cache write"
    case attention, softmax, elementwise, copy, sampling
  }

  /// What an operation had to do, counted from its shapes.
  package struct Work: Sendable {
    /// Weights, caches and activations that it reads once.
    package var bytes: Int
    /// Floating-point operations, two for a multiplication with an addition.
    package var operations: Int

    package init(bytes: Int, operations: Int) {
      self.bytes = bytes
      self.operations = operations
    }
  }

  /// What it cost, without the operations that it called.
  package struct Cost: Sendable {
    package var nanoseconds = 0
    package var regions = 0
    package var allocations = 0
    package var systemAllocations = 0

    /// The counters of this thread.
    static var now: Cost {
      let thread = at_thread().pointee
      return Cost(
        nanoseconds: Int(truncatingIfNeeded: at_nanoseconds()), regions: Int(truncatingIfNeeded: thread.regions),
        allocations: Int(truncatingIfNeeded: thread.allocations),
        systemAllocations: Int(truncatingIfNeeded: thread.system_allocations))
    }

    static func + (a: Cost, b: Cost) -> Cost {
      Cost(
        nanoseconds: a.nanoseconds + b.nanoseconds, regions: a.regions + b.regions,
        allocations: a.allocations + b.allocations, systemAllocations: a.systemAllocations + b.systemAllocations)
    }

    static func - (a: Cost, b: Cost) -> Cost {
      Cost(
        nanoseconds: a.nanoseconds - b.nanoseconds, regions: a.regions - b.regions,
        allocations: a.allocations - b.allocations, systemAllocations: a.systemAllocations - b.systemAllocations)
    }
  }

  /// All operations of one kind on one weight name.
  package struct Entry: Sendable {
    package let kind: Kind
    /// The weights that they use, without the number of the layer; empty for none.
    package let name: String
    package var calls = 0
    package var cost = Cost()
    package var work = Work(bytes: 0, operations: 0)
  }

  private struct Key: Hashable {
    let kind: Kind
    let name: String
  }

  /// In the order of their first use.
  package private(set) var entries: [Entry] = []
  /// Everything that ran while recording, operations included.
  package private(set) var total = Cost()
  private var indices: [Key: Int] = [:]
  /// The cost of operations inside the one that runs now.
  private var inner = Cost()

  package init() {}

  /// What ran between the operations.
  package var remainder: Cost { entries.reduce(total) { $0 - $1.cost } }

  /// Runs `body` on this thread and records its operations, in addition to what was recorded before.
  package func record<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let thread = at_thread() else { return try body() }
    let outer = thread.pointee.recorder
    thread.pointee.recorder = Unmanaged.passUnretained(self).toOpaque()
    let start = Cost.now
    defer {
      total = total + (Cost.now - start)
      thread.pointee.recorder = outer
    }
    return try body()
  }

  fileprivate func measure<Result, Failure: Error>(
    _ kind: Kind, _ name: String, _ work: Work, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let key = Key(kind: kind, name: name)
    let index = indices[key] ?? entries.count
    if index == entries.count {
      indices[key] = index
      entries.append(Entry(kind: kind, name: name))
    }
    let outer = inner
    inner = Cost()
    let start = Cost.now
    defer {
      let whole = Cost.now - start
      entries[index].calls += 1
      entries[index].cost = entries[index].cost + (whole - inner)
      entries[index].work.bytes += work.bytes
      entries[index].work.operations += work.operations
      inner = outer + whole
    }
    return try body()
  }
}

/// Runs an operation and reports it to this thread's profile, if there is one.
@inline(__always)
package func profiled<Result, Failure: Error>(
  _ kind: Profile.Kind, name: @autoclosure () -> String = "", _ work: @autoclosure () -> Profile.Work,
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  guard let recorder = at_thread().pointee.recorder else { return try body() }
  let profile = Unmanaged<Profile>.fromOpaque(recorder).takeUnretainedValue()
  return try profile.measure(kind, name(), work(), body)
}

extension Profile.Work {
  /// Reads of `tensors`, and so many operations for each element of the first.
  init(_ tensors: Tensor..., operationsPerElement: Int = 1) {
    self.init(
      bytes: tensors.reduce(0) { $0 + $1.count * $1.dtype.byteCount },
      operations: operationsPerElement * (tensors.first?.count ?? 0))
  }
}
