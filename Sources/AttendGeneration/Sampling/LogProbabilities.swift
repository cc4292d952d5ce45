import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How probable the model found a token and its rivals, before constraint, bias, penalties, temperature and filters.
public struct LogProbabilities: Sendable, Hashable {
  public struct Entry: Sendable, Hashable {
    public var token: Int32
    /// log softmax(logits)[token], in nats.
    public var logProbability: Float
  }

  /// The token that was chosen.
  public var chosen: Entry
  /// The most probable tokens, the most probable first; of equal ones the first.
  public var most: [Entry]

  /// - Parameters:
  ///   - count: how many of the most probable tokens.
  ///   - scratch: kept from one call to the next.
  init(of token: Int32, among logits: UnsafeBufferPointer<Float>, count: Int, scratch: inout [Float]) {
    let maximum = Selection.argmax(logits).map { logits[$0] } ?? 0
    if scratch.count != logits.count { scratch = [Float](repeating: 0, count: logits.count) }
    let sum = scratch.withUnsafeMutableBufferPointer { scratch in
      scratch.baseAddress.map { Selection.exponentials(of: logits, below: maximum, temperature: 1, into: $0) } ?? 1
    }
    let logSum = Float(log(sum))
    func entry(_ index: Int) -> Entry {
      Entry(token: Int32(index), logProbability: logits[index] - maximum - logSum)
    }
    chosen = entry(Int(token))
    most = count > 0 ? Selection.largest(count, of: logits).map(entry) : []
  }
}
