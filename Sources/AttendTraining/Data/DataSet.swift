/// Training examples that can be counted and fetched in any order, from any thread.
///
/// Text comes as ``TokenBlocks``, ``TokenLines`` or ``TokenPairs``; any other kind of data needs these three members.
public protocol DataSet: Sendable {
  associatedtype Example: Sendable

  var count: Int { get }
  /// - Parameter index: below `count`.
  subscript(index: Int) -> Example { get }
  /// What an example costs in tokens: batches by a budget of tokens and buckets of similar length go by it.
  func length(_ index: Int) -> Int
}

/// Where a run is in its data: enough to continue exactly, since every order is a function of seed and epoch.
public struct DataPosition: Sendable, Hashable {
  /// Passes over the data that are complete.
  public var epoch: Int
  /// Batches of this epoch that are used up.
  public var batch: Int

  public init(epoch: Int = 0, batch: Int = 0) {
    self.epoch = epoch
    self.batch = batch
  }
}
