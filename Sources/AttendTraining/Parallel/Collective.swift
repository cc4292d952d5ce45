import AttendBase

/// Processes that train one model together. Every one of them makes the same calls in the same order.
public protocol Collective: Sendable {
  /// This process's number, from 0; process 0 writes files.
  var rank: Int { get }
  /// How many processes there are.
  var count: Int { get }

  /// Replaces the values by their sum over all processes, the same bits everywhere. Called on any thread, by one at a
  /// time; waits for the others.
  /// - Throws: `system` when another process is lost.
  func sum(_ values: UnsafeMutableBufferPointer<Float>) throws(AttendError)
  /// As above, in double precision.
  func sum(_ values: inout [Double]) throws(AttendError)
  /// The maximum over all processes, element by element.
  func maximum(_ values: inout [Int64]) throws(AttendError)
}

extension Collective {
  /// Whether all processes hold the same number.
  func agrees(on value: Int64) throws(AttendError) -> Bool {
    guard count > 1 else { return true }
    // max(x) and max(¬x) = ¬min(x).
    var extremes = [value, ~value]
    try maximum(&extremes)
    return extremes[0] == ~extremes[1]
  }
}

/// A process on its own.
public struct SingleProcess: Collective {
  public init() {}
  public var rank: Int { 0 }
  public var count: Int { 1 }
  public func sum(_ values: UnsafeMutableBufferPointer<Float>) {}
  public func sum(_ values: inout [Double]) {}
  public func maximum(_ values: inout [Int64]) {}
}
