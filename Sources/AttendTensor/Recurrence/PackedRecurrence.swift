/// The kernels' forms of a recurrence's weights.
final class PackedRecurrence: Sendable {}
