// Draws the dashboard that the page has in `window.shown`, by the packages that Splunk draws it with.
import React from "react";
import { createRoot } from "react-dom/client";
import DashboardCore from "@splunk/dashboard-core";
import { DashboardContextProvider } from "@splunk/dashboard-context";
import EnterpriseViewOnlyPreset from "@splunk/dashboard-presets/EnterpriseViewOnlyPreset";
import TestDataSource from "@splunk/datasources/TestDataSource";
import SplunkThemeProvider from "@splunk/themes/SplunkThemeProvider";

const { definition, theme } = window.shown;
const preset = {
  ...EnterpriseViewOnlyPreset,
  // Rows that are there already, instead of a search.
  dataSources: { ...EnterpriseViewOnlyPreset.dataSources, "ds.test": TestDataSource },
};
createRoot(document.getElementById("root")).render(
  <SplunkThemeProvider family="enterprise" colorScheme={theme} density="compact">
    <DashboardContextProvider preset={preset} initialDefinition={definition} initialMode="view">
      <DashboardCore width="100%" height="100%" />
    </DashboardContextProvider>
  </SplunkThemeProvider>,
);
