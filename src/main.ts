// A file of its own: Node caches only what is loaded after the cache is enabled.
import './config/compile-cache';
import './service';
