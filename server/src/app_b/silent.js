// The page at which the frame of a renewal arrives: it hands the provider's answer to the page that holds the frame.
"use strict";
if (parent !== window) parent.postMessage(location.search, location.origin);
