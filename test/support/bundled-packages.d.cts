/** Makes the bundles of packages that the tests load, unless they are there. */
declare function bundlePackages(): Promise<void>;
export = bundlePackages;
