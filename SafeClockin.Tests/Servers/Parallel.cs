// Most tests wait: for a server, a browser or a deadline. So as many fixtures as there are processors run beside each other;
// what looks at the whole process says so with [NonParallelizable].
[assembly: Parallelizable(ParallelScope.Fixtures)]
